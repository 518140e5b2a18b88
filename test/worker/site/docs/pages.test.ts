import { beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import { makeCtx } from '../../support/make-ctx.ts';

const ctx = makeCtx();
const app = createApp(ctx);
const ORIGIN = ctx.config.PUBLIC_URL;
const FILES = Object.keys(import.meta.glob('../../../../docs/**/*.md', { query: '?raw' }));

interface Page {
  text: string;
  ids: string[];
  links: URL[];
}
const pages = new Map<string, Page>();

/** Reads a page and, through its links, every other page of the documentation. */
async function crawl(path: string): Promise<void> {
  if (pages.has(path)) return;
  const answer = await app.request(path, { headers: { Accept: 'text/html' } });
  expect([path, answer.status]).toEqual([path, 200]);
  const text = await answer.text();
  const attributes = (name: string) =>
    [...text.matchAll(new RegExp(`<[^>]+\\s${name}="([^"]*)"`, 'g'))].map(([, value]) => value!);
  const links = attributes('href').map((href) => new URL(href.replaceAll('&amp;', '&'), ORIGIN + path));
  pages.set(path, { text, ids: attributes('id'), links });
  for (const { origin, pathname } of links)
    if (origin === ORIGIN && /^\/docs(?:\/|$)/.test(pathname)) await crawl(pathname);
}

const CRAWL_TIMEOUT_MS = 60_000;
beforeAll(async () => crawl('/docs'), CRAWL_TIMEOUT_MS);

describe('every page of the documentation', () => {
  test('links only to pages and places that exist', async () => {
    expect(pages.size).toBeGreaterThan(30);
    for (const [path, { links }] of pages) {
      for (const { origin, pathname, hash, href } of links) {
        if (origin !== ORIGIN) continue;
        const target = pages.get(pathname);
        const known = target ?? /^\/(?:assets\/.*|dashboard|openapi\.json|)$/.test(pathname);
        expect(known, `${path} links to ${href}`).toBeTruthy();
        const id = decodeURIComponent(hash.slice(1));
        if (target && id) expect(target.ids, `${path} links to ${href}`).toContain(id);
      }
    }
  });

  test('has each id once, one title, and no inline style or script', () => {
    for (const [path, { text, ids }] of pages) {
      expect(new Set(ids).size, path).toBe(ids.length);
      expect(text.match(/<h1/g), path).toHaveLength(1);
      expect(text, path).not.toMatch(/<[^>]*\sstyle=|<style|<[^>]*\son[a-z]+=|javascript:/i);
      expect(text.match(/<script[^>]*>/g), path).toHaveLength(1);
    }
  });

  test('is below 100 KB when it is loaded first', async () => {
    const assets = [
      ...new Set([...pages.get('/docs')!.text.matchAll(/\/assets\/[^"]+/g)].map(([url]) => url)),
    ];
    const files = await Promise.all(
      assets.map(async (url) => gzipBytes(await (await app.request(url)).text())),
    );
    const shared = files.reduce((sum, bytes) => sum + bytes, 0);
    for (const [path, { text }] of pages)
      expect(shared + (await gzipBytes(text)), path).toBeLessThan(100_000);
  });
});

async function gzipBytes(text: string): Promise<number> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(packed).arrayBuffer()).byteLength;
}

describe('the guides', () => {
  test('are all files of docs/', () => {
    const titles = FILES.map((file) => file.replace(/^.*\/docs\//, ''));
    expect(titles.length).toBeGreaterThan(20);
    const slugs: Record<string, string> = { 'api.md': 'using-the-api', 'providers/README.md': 'providers' };
    for (const file of titles)
      expect([...pages.keys()]).toContain(`/docs/${slugs[file] ?? file.replace('.md', '')}`);
  });

  test('address this service in their examples', () => {
    expect(pages.get('/docs/storage')!.text).toContain(`URL=${ORIGIN}`);
    for (const [path, { text }] of pages)
      if (path !== '/docs/self-hosting' && !ORIGIN.includes('8787'))
        expect(text).not.toContain('127.0.0.1:8787');
  });

  test('link the operations and error codes that they name', () => {
    expect(pages.get('/docs/storage')!.text).toContain(
      '<a href="/docs/api/storage#put-storage"><code>PUT /storage</code></a>',
    );
    expect(pages.get('/docs/operations')!.text).toContain('href="/docs/self-hosting#configuration"');
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
