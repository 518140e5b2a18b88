import { expect, test } from 'vitest';
import { SECTIONS } from '../../../worker/site/layout/navigation.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeWorkspace } from '../support/rows.ts';
import { makeDestination, OFFLINE } from '../transfers/imported.ts';
import { makeSite } from './support/site.ts';

/** Every section of the sidebar, and the pages below S3 Storage. */
const PATHS = [
  ...SECTIONS.map(({ href }) => href).filter((href) => href.startsWith('/dashboard')),
  '/dashboard/storage/new',
  '/dashboard/storage/delete',
];
/** A page that is larger is slow on a phone. */
const MOST_ELEMENTS = 1_500;
const MOST_KILOBYTES = 40;

async function gzipKilobytes(text: string): Promise<number> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(packed).arrayBuffer()).byteLength / 1000;
}

test.each(PATHS)('%s is small, is never cached, and has no inline code', async (path) => {
  const ctx = makeCtx(OFFLINE);
  const workspaceId = await makeWorkspace(ctx, { isOperator: true });
  const site = await makeSite(ctx, { workspaceId, role: 'owner' });
  await makeDestination(ctx, site.workspaceId);
  const { status, headers, html } = await site.get(path);
  expect(status).toBe(200);
  expect(headers.get('Content-Security-Policy')).toContain(
    "default-src 'none'; script-src 'self'; style-src 'self';",
  );
  expect(headers.get('Cache-Control')).toBe('no-store');
  expect(html).not.toMatch(
    /\sstyle=|<style|\son[a-z]+=|javascript:|hx-on|<script(?![^>]*\ssrc="\/assets\/)/i,
  );
  expect(html.match(/<[a-z]/g)?.length).toBeLessThan(MOST_ELEMENTS);
  expect(await gzipKilobytes(html)).toBeLessThan(MOST_KILOBYTES);
});
