/** The pages below /docs. */
import { conventionsPage } from './api/conventions-page.tsx';
import type { OpenApiDocument } from './api/openapi-document.ts';
import type { ReferencePage } from './api/reference.ts';
import { referencePage } from './api/reference-page.tsx';
import type { DocsPage } from './docs-frame.tsx';
import { guidePage } from './guide-page.tsx';
import { GUIDES } from './guides.ts';
import { overviewPage } from './overview-page.tsx';
import { renderGuide } from './render-guide.ts';

/** What the pages are made of, besides the guides. */
export interface Docs {
  /** The address of the service, for examples. */
  publicUrl: string;
  document: OpenApiDocument;
  reference: readonly ReferencePage[];
}

/** The page at this path; null if there is none. */
export function findPage(path: string, docs: Docs): DocsPage | null {
  const { publicUrl, document, reference } = docs;
  if (path === '/docs') return overviewPage(publicUrl, reference);
  if (path === '/docs/api') return conventionsPage(document, reference);
  const part = reference.find(({ slug }) => path === `/docs/api/${slug}`);
  if (part) return referencePage(part, reference);
  const guide = GUIDES.find(({ slug }) => path === `/docs/${slug}`);
  return guide ? guidePage(guide, renderGuide(guide, docs)) : null;
}
