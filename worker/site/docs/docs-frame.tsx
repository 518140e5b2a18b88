/** The frame of the documentation: the menu, the page, and the headings of the page. */
import { html } from 'hono/html';
import type { Child, FC } from 'hono/jsx';
import { Document } from '../layout/document.tsx';
import { Icon } from '../layout/icons.tsx';
import { Brand, DRAWER_ID } from '../layout/sidebar.tsx';
import { GUIDE_GROUPS, type GuideGroup } from './guides.ts';
import type { ReferencePage } from './api/reference.ts';

export interface DocsPage {
  /** The path of the page. */
  path: string;
  title: string;
  /** Headings to jump to. */
  contents?: readonly { id: string; text: string; depth: number }[];
  /** True for pages with examples beside the text. */
  isWide?: boolean;
  body: Child;
}

/** The whole document, as HTML. */
export function renderDocsPage(page: DocsPage, reference: readonly ReferencePage[]): Promise<string> {
  const { path, title, contents = [], isWide = false, body } = page;
  const frame = (
    <Document title={title} styles={['docs.css']}>
      <div class="frame docs">
        <header class="top-bar">
          <button class="icon-button" type="button" popovertarget={DRAWER_ID} aria-label="Menu">
            <Icon name="menu" />
          </button>
          <a class="docs-top" href="/docs">
            Documentation
          </a>
        </header>
        <DocsMenu path={path} reference={reference} />
        <main class={isWide ? 'docs-main wide' : 'docs-main'} id="content" tabindex={-1}>
          {contents.length > 1 && <Contents headings={contents} />}
          <article class="docs-article">{body}</article>
        </main>
      </div>
    </Document>
  );
  return Promise.resolve(html`<!doctype html>${frame}`).then(String);
}

const DocsMenu: FC<{ path: string; reference: readonly ReferencePage[] }> = ({ path, reference }) => (
  <nav class="sidebar" id={DRAWER_ID} popover="auto" aria-label="Documentation">
    <Brand />
    <div class="docs-menu">
      <MenuGroup title="Documentation" path={path} pages={[{ href: '/docs', title: 'Overview' }]} />
      {GUIDE_GROUPS.filter(({ isForOperators }) => !isForOperators).map((group) => (
        <GuideMenu group={group} path={path} />
      ))}
      <MenuGroup
        title="API reference"
        path={path}
        pages={[
          { href: '/docs/api', title: 'Conventions' },
          ...reference.map(({ slug, title }) => ({ href: `/docs/api/${slug}`, title })),
        ]}
      />
      {GUIDE_GROUPS.filter(({ isForOperators }) => isForOperators).map((group) => (
        <GuideMenu group={group} path={path} />
      ))}
    </div>
    <a class="sidebar-end docs-back" href="/dashboard">
      Dashboard
    </a>
  </nav>
);

const GuideMenu: FC<{ group: GuideGroup; path: string }> = ({
  group: { title, isFolded = false, guides },
  path,
}) => (
  <MenuGroup
    title={title}
    path={path}
    isFolded={isFolded}
    pages={guides.map(({ slug, title }) => ({ href: `/docs/${slug}`, title }))}
  />
);

interface MenuGroupProps {
  title: string;
  path: string;
  pages: readonly { href: string; title: string }[];
  /** Whether its pages are shown on demand, unless one of them is this page. */
  isFolded?: boolean;
}

const MenuGroup: FC<MenuGroupProps> = ({ title, path, pages, isFolded = false }) => {
  const links = (
    <ul class="navigation">
      {pages.map((page) => (
        <li>
          <a href={page.href} aria-current={page.href === path ? 'page' : undefined}>
            {page.title}
          </a>
        </li>
      ))}
    </ul>
  );
  if (isFolded)
    return (
      <details open={pages.some(({ href }) => href === path)}>
        <summary>{title}</summary>
        {links}
      </details>
    );
  return (
    <div>
      <p class="navigation-title">{title}</p>
      {links}
    </div>
  );
};

/** A wide screen always shows it; a narrow one shows it on demand. */
const Contents: FC<{ headings: NonNullable<DocsPage['contents']> }> = ({ headings }) => (
  <details class="docs-contents">
    <summary>On this page</summary>
    <nav aria-label="On this page">
      <ul>
        {headings.map(({ id, text, depth }) => (
          <li class={depth > 2 ? 'deep' : undefined}>
            <a href={`#${id}`}>{text}</a>
          </li>
        ))}
      </ul>
    </nav>
  </details>
);
