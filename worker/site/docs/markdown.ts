/** Renders Markdown as HTML. HTML inside the Markdown is shown as text, and links may lead only to https and http. */
import { Marked, type RendererObject, type Tokens } from 'marked';
import { codeBlock } from './code-block.ts';
import { escapeHtml } from './escape.ts';
import { makeSlugger } from './slugs.ts';

export interface Heading {
  id: string;
  /** Without markup. */
  text: string;
  /** 1 for the title of a page. */
  depth: number;
}

export interface RenderedMarkdown {
  html: string;
  headings: Heading[];
}

/** Where links lead to on this site; null: nowhere, so that the words are shown without a link. */
export interface Links {
  /** For a link without a host. */
  resolve: (href: string) => string | null;
  /** For words in the style of code, such as `GET /imports` or an error code. */
  ofCode: (code: string) => string | null;
}

/** Tables with more columns scroll on a narrow screen; the others become cards. */
const MAX_CARD_COLUMNS = 4;

/** Renders a whole page. The title, a heading of depth 1, is in `headings` only. */
export function renderMarkdown(markdown: string, links: Links): RenderedMarkdown {
  const headings: Heading[] = [];
  const renderer = { ...blockRenderer(), ...textRenderer(links), ...headingRenderer(headings) };
  return { html: new Marked({ renderer }).parse(markdown, { async: false }), headings };
}

/** Renders a text without headings, such as the description of an operation. */
export function renderText(markdown: string, links: Links): string {
  const renderer = { ...blockRenderer(), ...textRenderer(links) };
  return new Marked({ renderer }).parse(markdown, { async: false });
}

function headingRenderer(headings: Heading[]): RendererObject {
  const slugOf = makeSlugger();
  return {
    heading({ tokens, depth }) {
      const text = this.parser.parseInline(tokens, this.parser.textRenderer);
      const id = slugOf(text);
      headings.push({ id, text, depth });
      if (depth === 1) return '';
      const anchor = `<a class="anchor" href="#${escapeHtml(id)}" aria-label="Link to ${escapeHtml(text)}">#</a>`;
      return `<h${depth} id="${escapeHtml(id)}">${escapeHtml(text)} ${anchor}</h${depth}>\n`;
    },
  };
}

function textRenderer(links: Links): RendererObject {
  let isInLink = false;
  return {
    html: ({ text }) => escapeHtml(text.replaceAll(/<!--.*?-->/gs, '')),
    image: ({ text }) => escapeHtml(text),
    codespan({ text }) {
      const target = isInLink ? null : links.ofCode(text);
      return target === null ? codeText(text) : linkTo(target, codeText(text));
    },
    link({ href, tokens }) {
      isInLink = true;
      const words = this.parser.parseInline(tokens);
      isInLink = false;
      const target = isWebUrl(href) ? href : isRelative(href) ? links.resolve(href) : null;
      return target === null ? words : linkTo(target, words);
    },
  };
}

function blockRenderer(): RendererObject {
  let codeBlocks = 0;
  return {
    code({ text, lang }) {
      codeBlocks += 1;
      return codeBlock({ id: `code-${codeBlocks}`, code: text, language: lang });
    },
    table({ header, rows }) {
      const inline = ({ tokens }: Tokens.TableCell) => this.parser.parseInline(tokens);
      return table({
        head: header.map(inline),
        labels: header.map(({ text }) => text),
        rows: rows.map((row) => row.map(inline)),
      });
    },
  };
}

function table({ head, labels, rows }: { head: string[]; labels: string[]; rows: string[][] }): string {
  const headCells = head.map((cell) => (cell === '' ? '<td></td>' : `<th scope="col">${cell}</th>`)).join('');
  const cell = (html: string, column: number) =>
    `<td data-label="${escapeHtml(labels[column] ?? '')}"><div>${html}</div></td>`;
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  const kind = head.length > MAX_CARD_COLUMNS ? 'docs-table wide' : 'docs-table';
  // It scrolls on a narrow screen, so it must be reachable with the keyboard.
  return `<div class="${kind}" tabindex="0" role="group" aria-label="Table"><table><thead><tr>${headCells}</tr></thead><tbody>\n${body}\n</tbody></table></div>\n`;
}

const codeText = (text: string) => `<code>${escapeHtml(text)}</code>`;
const linkTo = (href: string, html: string) => `<a href="${escapeHtml(href)}">${html}</a>`;

const isWebUrl = (href: string) => /^https?:\/\//i.test(href);

/** Whether it has no scheme, such as `javascript:`, and no other host. */
const isRelative = (href: string) => !/^[a-z][a-z0-9+.-]*:|^[\\/]{2}/i.test(href.trim());
