/** `/docs`: the guides and the reference of the API. They are the same for everyone, so browsers keep them for a while. */
import { Hono, type Context } from 'hono';
import { accepts } from 'hono/accepts';
import { etag } from 'hono/etag';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { errorBody } from '../../http/error-body.ts';
import { answerPageNotFound } from '../answer-page-error.tsx';
import type { SiteEnv } from '../site-env.ts';
import { findPage, type Docs } from './find-page.tsx';
import { renderDocsPage } from './docs-frame.tsx';
import { toReference } from './api/reference.ts';
import type { OpenApiDocument } from './api/openapi-document.ts';

const KEPT = 'public, max-age=300';

/** The routes, for the site's app to mount. */
export function docsPages({ config: { PUBLIC_URL } }: Ctx): Hono<SiteEnv> {
  /** Rendering a long guide takes milliseconds, and the texts never change. */
  const rendered = new Map<string, string>();
  let docs: Docs | undefined;
  const pages = new Hono<SiteEnv>();
  pages.use('/docs/*', etag());
  pages.get('/docs/*', async (c) => {
    const { path } = c.req;
    if (path.endsWith('/')) return c.redirect(path.slice(0, -1), 301);
    docs ??= readDocs(PUBLIC_URL, c.env.describeApi());
    const known = rendered.get(path);
    const page = known === undefined ? findPage(path, docs) : null;
    if (known === undefined && page === null) return notFound(c);
    const text = known ?? (page && (await renderDocsPage(page, docs.reference))) ?? '';
    rendered.set(path, text);
    return c.html(text, 200, { 'Cache-Control': KEPT });
  });
  return pages;
}

function readDocs(publicUrl: string, description: object): Docs {
  const document = description as OpenApiDocument;
  return { publicUrl, document, reference: toReference(document) };
}

/** A page for people, and the usual error for clients. */
function notFound(c: Context<SiteEnv>): Response | Promise<Response> {
  c.header('Vary', 'Accept');
  const wanted = accepts(c, {
    header: 'Accept',
    supports: ['text/html', 'application/json'],
    default: 'application/json',
  });
  if (wanted === 'text/html') return answerPageNotFound(c);
  c.env.noteError('not_found');
  return c.json(errorBody(new AppError('not_found'), c.env.requestId), 404);
}
