/** Guides as HTML. */
import type { ReferencePage } from './api/reference.ts';
import type { Guide } from './guides.ts';
import { linksFrom } from './links.ts';
import { renderMarkdown, type Heading } from './markdown.ts';

export interface RenderedGuide {
  /** As the file has it. */
  title: string;
  /** Without the title. */
  html: string;
  /** Without the title. */
  headings: Heading[];
}

/** The service that the examples in the files address. */
const EXAMPLE_URL = 'http://127.0.0.1:8787';

/** A line of links to places on the same page. The page has a list of its own. */
const CONTENTS_LINE = /^(?:- )?\[[^\]\n]+\]\(#[^)\n]+\)(?: · \[[^\]\n]+\]\(#[^)\n]+\))+$/gm;

/** Renders a guide. Its examples address the service at `publicUrl`. */
export function renderGuide(
  guide: Guide,
  { publicUrl, reference }: { publicUrl: string; reference: readonly ReferencePage[] },
): RenderedGuide {
  const markdown = guide.markdown.replaceAll(CONTENTS_LINE, '').replaceAll(EXAMPLE_URL, publicUrl);
  const { html, headings } = renderMarkdown(markdown, linksFrom(guide.file, reference));
  const title = headings.find(({ depth }) => depth === 1)?.text ?? guide.title;
  return { title, html, headings: headings.filter(({ depth }) => depth > 1) };
}
