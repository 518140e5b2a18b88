import { expect, test } from 'vitest';
import { createApp } from '../../../worker/app.ts';
import { makeCtx } from '../support/make-ctx.ts';

const app = createApp(makeCtx());
const KILOBYTE = 1000;

async function gzipBytes(text: string): Promise<number> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(packed).arrayBuffer()).byteLength;
}

/** The page, and the files that it names in its head. */
async function loadPage() {
  const page = await (await app.request('/setup/unknown')).text();
  const urls = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, url]) => url!);
  return { page, urls: [...new Set(urls)] };
}

test('the files of a page are kept for a year, under a URL that changes with their content', async () => {
  const { urls } = await loadPage();
  expect(urls.length).toBeGreaterThanOrEqual(3);
  for (const url of urls) {
    const answer = await app.request(url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    const old = await app.request(url.replace(/[0-9a-f]{8}/, '00000000'));
    expect([old.status, old.headers.get('Cache-Control')]).toEqual([200, 'no-cache']);
    expect(await old.text()).toBe(await answer.text());
  }
});

test('a first load is below 100 KB compressed, and waits for at most three requests', async () => {
  const { page, urls } = await loadPage();
  let bytes = await gzipBytes(page);
  for (const url of urls) bytes += await gzipBytes(await (await app.request(url)).text());
  expect(bytes).toBeLessThan(100 * KILOBYTE);
  const blocking = page.match(/<link rel="stylesheet"|<script(?![^>]*\bdefer\b)/g) ?? [];
  expect(blocking).toEqual(['<link rel="stylesheet"']);
});

test('a page has no inline style and no inline script', async () => {
  const { page } = await loadPage();
  expect(page).toMatch(/^<!doctype html><html lang="en">/);
  expect(page).not.toMatch(/\sstyle=|<style|\son[a-z]+=|javascript:/i);
  expect(page.match(/<script[^>]*>/g)).toHaveLength(1);
});
