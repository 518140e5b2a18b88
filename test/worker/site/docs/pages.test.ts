import { beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import { GUIDES } from '../../../../worker/site/docs/guides.ts';
import { linksFrom } from '../../../../worker/site/docs/links.ts';
import { makeCtx } from '../../support/make-ctx.ts';

const ctx = makeCtx({ config: { ...makeCtx().config, PUBLIC_URL: 'https://imports.example.com' } });
const app = createApp(ctx);
const ORIGIN = ctx.config.PUBLIC_URL;
const MAX_FIRST_LOAD_BYTES = 100_000;
const CRAWL_TIMEOUT_MS = 60_000;

interface Page {
  path: string;
  text: string;
  ids: string[];
  links: URL[];
}
const pages = new Map<string, Page>();

/** Reads a page and, through its links, every other page of the documentation. */
async function crawl(path: string): Promise<void> {
  if (pages.has(path)) return;
  const answer = await app.request(path, { headers: { Accept: 'text/html' } });
  if (answer.status !== 200) return;
  const text = await answer.text();
  const attributes = (name: string) =>
    [...text.matchAll(new RegExp(`<[^>]+\\s${name}="([^"]*)"`, 'g'))].map(([, value]) => value!);
  const links = attributes('href').map((href) => new URL(href.replaceAll('&amp;', '&'), ORIGIN + path));
  pages.set(path, { path, text, ids: attributes('id'), links });
  for (const { origin, pathname } of links)
    if (origin === ORIGIN && /^\/docs(?:\/|$)/.test(pathname)) await crawl(pathname);
}

beforeAll(async () => crawl('/docs'), CRAWL_TIMEOUT_MS);

const textOf = (path: string): string => pages.get(path)!.text;
const all = () => [...pages.values()];

/** Whether a link leads to something that exists. Links to other hosts are not followed. */
function isGood({ origin, pathname, hash }: URL): boolean {
  if (origin !== ORIGIN) return true;
  const target = pages.get(pathname);
  if (!target) return /^\/(?:assets\/.*|dashboard|openapi\.json|)$/.test(pathname);
  return hash === '' || target.ids.includes(decodeURIComponent(hash.slice(1)));
}

async function gzipBytes(text: string): Promise<number> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(packed).arrayBuffer()).byteLength;
}

describe('every page of the documentation', () => {
  test('links only to pages and places that exist', () => {
    expect(pages.size).toBeGreaterThan(30);
    const broken = all().flatMap(({ path, links }) =>
      links.filter((link) => !isGood(link)).map(({ href }) => `${path} links to ${href}`),
    );
    expect(broken).toEqual([]);
  });

  test('has each id once, and one title', () => {
    const repeated = all().filter(({ ids }) => new Set(ids).size < ids.length);
    expect(repeated.map(({ path }) => path)).toEqual([]);
    const titled = all().filter(({ text }) => text.match(/<h1/g)?.length === 1);
    expect(titled).toHaveLength(pages.size);
  });

  test('has no inline style or script', () => {
    const inline = /<[^>]*\sstyle=|<style|<[^>]*\son[a-z]+=|javascript:|<script(?![^>]*\ssrc="\/assets\/)/i;
    expect(all().filter(({ text }) => inline.test(text))).toEqual([]);
  });

  test('is below 100 KB when it is loaded first', async () => {
    const assets = [...new Set([...textOf('/docs').matchAll(/\/assets\/[^"]+/g)].map(([url]) => url))];
    expect(assets.length).toBeGreaterThanOrEqual(4);
    const files = await Promise.all(
      assets.map(async (url) => gzipBytes(await (await app.request(url)).text())),
    );
    const sizes = await Promise.all(all().map(async ({ text }) => gzipBytes(text)));
    const shared = files.reduce((sum, bytes) => sum + bytes, 0);
    expect(shared + Math.max(...sizes)).toBeLessThan(MAX_FIRST_LOAD_BYTES);
  });
});

describe('the guides', () => {
  test('address this service in their examples', () => {
    expect(textOf('/docs/storage')).toContain(`URL=${ORIGIN}`);
    expect(all().filter(({ text }) => text.includes('127.0.0.1:8787'))).toEqual([]);
  });

  test('link the operations, error codes and sections that they name', () => {
    expect(textOf('/docs/storage')).toContain(
      '<a href="/docs/api/storage#put-storage"><code>PUT /storage</code></a>',
    );
    expect(textOf('/docs/operations')).toContain('href="/docs/self-hosting#configuration"');
    expect(textOf('/docs/keys')).toContain('href="/docs/troubleshooting#rate_limited"');
  });

  test('lead to files that this site shows, except for the one about the code', () => {
    const broken = GUIDES.flatMap(({ file, markdown }) => {
      const { resolve } = linksFrom(file, []);
      const hrefs = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, href]) => href!);
      const relative = hrefs.filter((href) => !/^https:|architecture\.md/.test(href));
      return relative.filter((href) => resolve(href) === null).map((href) => `${file}: ${href}`);
    });
    expect(broken).toEqual([]);
  });

  test('have no list of their own sections, since each page has one', () => {
    expect(textOf('/docs/webhooks')).toContain('On this page');
    expect(textOf('/docs/webhooks')).not.toMatch(/#one-request">One request<\/a> ·/);
  });
});

describe('an answer', () => {
  test('may be kept for a while, and is 304 for whoever has it', async () => {
    const first = await app.request('/docs/keys');
    const tag = first.headers.get('ETag')!;
    expect(first.headers.get('Cache-Control')).toBe('public, max-age=300');
    expect(first.headers.has('Set-Cookie')).toBe(false);
    const again = await app.request('/docs/keys', { headers: { 'If-None-Match': tag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect(again.headers.get('ETag')).toBe(tag);
    expect(again.headers.get('Cache-Control')).toBe('public, max-age=300');
    expect(again.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    const changed = await app.request('/docs/keys', { headers: { 'If-None-Match': '"other"' } });
    expect(changed.status).toBe(200);
  });

  test('to HEAD has the headers of the page and no body', async () => {
    const page = await app.request('/docs/keys');
    const head = await app.request('/docs/keys', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('ETag')).toBe(page.headers.get('ETag'));
    expect(head.headers.get('Content-Type')).toBe('text/html; charset=UTF-8');
  });

  test.each(['/docs/none', '/docs/api/none', '/docs/keys/none', '/docs/constructor', '/docs/..%2Fapi'])(
    'to %s is a page for people, and JSON for clients',
    async (path) => {
      const page = await app.request(path, { headers: { Accept: 'text/html,*/*;q=0.8' } });
      expect(page.status).toBe(404);
      expect(page.headers.get('Cache-Control')).toBe('no-store');
      expect(await page.text()).toContain('Nothing is here');
      const json = await app.request(path, { headers: { Accept: '*/*' } });
      expect(json.status).toBe(404);
      expect(await json.json()).toMatchObject({ success: false, code: 'not_found' });
    },
  );

  test('to a path that ends in a slash leads to the page', async () => {
    const answer = await app.request('/docs/keys/');
    expect([answer.status, answer.headers.get('Location')]).toEqual([301, '/docs/keys']);
  });
});
