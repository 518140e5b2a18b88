import { describe, expect, test } from 'vitest';
import { createBudget } from '../../../../downloader/budget/budget.ts';
import { fetchWithYtdlp } from '../../../../downloader/sources/page/ytdlp.ts';
import { parseEgressAllow } from '../../../../worker/contract/address-policy.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { failureOf, fetchPath, jobFor, ROOMY, useWorld } from './world.ts';

const tools = await mediaTools();
const world = useWorld();

describe.skipIf(!tools.ytdlpDirectory)('a page', () => {
  test('whose media does not fit on the disk twice is too large', async () => {
    world.site.routes.set('/movie.mp4', (_, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4' }).end(Buffer.alloc(300_000, 1));
    });
    const budget = { maxPageBytes: 200_000 };
    const failure = await failureOf(fetchPath(world, tools, '/movie.mp4', {}, { budget }));
    expect(failure.code).toBe('source_too_large');
  });

  test('that does not end is too large long before its media may be', { timeout: 60_000 }, async () => {
    world.site.routes.set('/endless', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      const more = () => {
        while (!response.destroyed && response.write('<p>'.repeat(20_000)));
      };
      response.on('drain', more);
      more();
    });
    const limits = { maxBytes: 50e9, timeoutSeconds: 50 };
    const failure = await failureOf(fetchPath(world, tools, '/endless', limits));
    expect(failure.code).toBe('source_too_large');
  });

  test('waits until the page before it has ended', { timeout: 60_000 }, async () => {
    const held: (() => void)[] = [];
    world.site.routes.set('/held', (_, response) => void held.push(() => response.end('nothing here')));
    world.site.routes.set('/next', 'nothing here');
    const budget = createBudget({ ...ROOMY, pages: 1 });
    const allow = parseEgressAllow(`source:127.0.0.1:${world.site.port}`);
    const fetch = (path: string) => fetchWithYtdlp({ ...jobFor(world, path), budget }, { tools, allow });
    const ended: string[] = [];
    const first = failureOf(fetch('/held')).then(() => ended.push('held'));
    const second = failureOf(fetch('/next')).then(() => ended.push('next'));
    await expect.poll(() => held.length, { timeout: 30_000 }).toBeGreaterThan(0);
    const answering = setInterval(() => held.splice(0).forEach((answer) => answer()), 50);
    await Promise.all([first, second]);
    clearInterval(answering);
    expect(ended).toEqual(['held', 'next']);
  });
});
