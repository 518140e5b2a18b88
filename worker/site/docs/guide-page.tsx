/** The page of a guide. */
import { raw } from 'hono/html';
import type { FC } from 'hono/jsx';
import type { DocsPage } from './docs-frame.tsx';
import { GUIDES, type Guide } from './guides.ts';
import type { RenderedGuide } from './render-guide.ts';

/** With more headings than this, the list on the page has those of the first level only. */
const MAX_CONTENTS = 40;

/** The page, with links to the guides before and after it. */
export function guidePage(guide: Guide, { title, html, headings }: RenderedGuide): DocsPage {
  const isLong = headings.length > MAX_CONTENTS;
  return {
    path: `/docs/${guide.slug}`,
    title,
    contents: headings.filter(({ depth }) => depth === 2 || (depth === 3 && !isLong)),
    body: (
      <>
        <h1>{title}</h1>
        {/* Made by renderMarkdown, which escapes all text. */}
        <div class="prose">{raw(html)}</div>
        <Neighbors guide={guide} />
      </>
    ),
  };
}

const Neighbors: FC<{ guide: Guide }> = ({ guide }) => {
  const index = GUIDES.indexOf(guide);
  const [before, after] = [GUIDES[index - 1], GUIDES[index + 1]];
  return (
    <nav class="neighbors" aria-label="Other guides">
      {before && (
        <a href={`/docs/${before.slug}`}>
          <span class="soft small">Before</span> {before.title}
        </a>
      )}
      {after && (
        <a class="after" href={`/docs/${after.slug}`}>
          <span class="soft small">Next</span> {after.title}
        </a>
      )}
    </nav>
  );
};
