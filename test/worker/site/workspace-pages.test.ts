import { expect, test } from 'vitest';
import { SECRET_FIELDS } from '../../../worker/site/pages/accounts/typed-form.tsx';
import { makeWorkspace } from '../support/rows.ts';
import { waitedDb } from '../support/waited-db.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { dashboardRoutes, makeOneOfEach } from './support/one-of-each.ts';

/** A page that is larger is slow on a phone. */
const MOST_ELEMENTS = 1_500;
const MOST_KILOBYTES = 40;
/** One for the session, one for the page, and one for what depends on it. */
const MOST_WAITS = 3;
/** A file in our storage may have been copied to a bucket since, which is one question more. */
const FURTHER_WAITS: Record<string, number> = {
  '/dashboard/imports/:id': 1,
  '/dashboard/imports/:id/delete': 1,
};
/** Answers of scripts' requests, and files. */
const IS_PART = /\/(live|migration|usage\.csv|estimate\/:id|queue\/:probeId)$/;

async function gzipKilobytes(text: string): Promise<number> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(packed).arrayBuffer()).byteLength / 1000;
}

test('every page is small, is never cached, has no inline code, names its secrets, links to guides that exist, and waits for the database at most three times', async () => {
  const { db, waitsOf } = waitedDb();
  const { ctx } = startReceiver({ db });
  const workspaceId = await makeWorkspace(ctx, { isOperator: true });
  const { owner, fill } = await makeOneOfEach(ctx, workspaceId);
  const pages = dashboardRoutes(ctx).filter(({ method, path }) => method === 'GET' && !IS_PART.test(path));
  const waits: Record<string, number> = {};
  const guides = new Set<string>();
  for (const { path } of pages) {
    waits[path] = await waitsOf(async () => {
      const { status, headers, html } = await owner.get(fill(path));
      expect([path, status]).toEqual([path, 200]);
      expect(headers.get('Content-Security-Policy')).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self';",
      );
      expect(headers.get('Cache-Control')).toBe('no-store');
      expect(html).not.toMatch(
        /\sstyle=|<style|\son[a-z]+=|javascript:|hx-on|<script(?![^>]*\ssrc="\/assets\/)/i,
      );
      for (const [tag] of html.matchAll(/<input[^>]*\stype="password"[^>]*>/g))
        expect(Object.keys(SECRET_FIELDS)).toContain(/\sname="([^"]*)"/.exec(tag)?.[1]);
      for (const [, href = ''] of html.matchAll(/\shref="(\/docs\/[^"]*)"/g)) guides.add(href);
      expect(html.match(/<[a-z]/g)?.length).toBeLessThan(MOST_ELEMENTS);
      expect(await gzipKilobytes(html)).toBeLessThan(MOST_KILOBYTES);
    });
  }
  const slow = Object.entries(waits).filter(
    ([path, count]) => count > MOST_WAITS + (FURTHER_WAITS[path] ?? 0),
  );
  expect(Object.fromEntries(slow)).toEqual({});
  expect(guides.size).toBeGreaterThan(8);
  for (const href of guides) {
    const [path = '', anchor] = href.split('#');
    const { status, html } = await owner.get(path);
    const hasAnchor = anchor === undefined || html.includes(`id="${anchor}"`);
    expect([href, status, hasAnchor]).toEqual([href, 200, true]);
  }
});
