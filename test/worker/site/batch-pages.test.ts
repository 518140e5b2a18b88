import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { batches } from '../../../worker/db/tables/batches.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeNext, failNext, someUrls } from '../batches/batch-api.ts';
import { refOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { makeDestination, OFFLINE } from '../transfers/imported.ts';
import { makeSite, valuesOf, type Page, type TestSite } from './support/site.ts';

const PATH = '/dashboard/batches';
const NEW = `${PATH}/new`;
const SCRIPT = '<script>alert(1)</script>';

beforeEach(emptyTables);

async function setUp(): Promise<{ ctx: TestCtx; site: TestSite }> {
  const ctx = makeCtx(OFFLINE);
  return { ctx, site: await makeSite(ctx) };
}

/** Starts a batch of so many URLs and returns the path of its page. */
async function start(site: TestSite, count: number, fields: Record<string, string> = {}): Promise<string> {
  const page = await site.post(NEW, { urls: someUrls(count).join('\n'), ...fields });
  expect(page).toMatchObject({ status: 303 });
  return page.location ?? '';
}

const batchesOf = (ctx: TestCtx, { workspaceId }: TestSite) =>
  ctx.db.query.batches.findMany({ where: eq(batches.workspaceId, workspaceId) });
const errorOf = ({ html }: Page, field: string) => new RegExp(`id="${field}-error">([^<]*)<`).exec(html)?.[1];
const badges = ({ html }: Page) => [...html.matchAll(/class="badge[^"]*">([^<]*)</g)].map(([, word]) => word);

describe('a new batch', () => {
  test('imports each line with the shared options, and its page follows', async () => {
    const { ctx, site } = await setUp();
    await makeDestination(ctx, site.workspaceId, { name: 'default' });
    expect((await site.get(NEW)).html).toContain('<option value="default" selected');
    const page = await site.post(NEW, {
      urls: '  https://example.com/1.mp4\r\n\r\nhttps://example.com/2.mp4\n',
      includeVideo: 'audio',
      storageDestination: 'default',
      storagePath: 'songs',
      webhookUrl: 'https://example.com/each',
      batchWebhookUrl: 'https://example.com/all',
    });
    const [batch] = await batchesOf(ctx, site);
    expect(page).toMatchObject({ status: 303, location: `${PATH}/${batch?.id}` });
    expect(batch).toMatchObject({ webhookUrl: 'https://example.com/all', queued: 2 });
    const items = await ctx.db.query.jobs.findMany({ where: eq(jobs.batchId, batch?.id ?? '') });
    const options = { includeVideo: false, store: true, storageDestination: 'default', storagePath: 'songs' };
    expect(items.map(({ request }) => request)).toMatchObject([
      { url: 'https://example.com/1.mp4', webhookUrl: 'https://example.com/each', ...options },
      { url: 'https://example.com/2.mp4', webhookUrl: 'https://example.com/each', ...options },
    ]);
  });

  test('of a playlist reads the one URL with its filters', async () => {
    const { ctx, site } = await setUp();
    const url = 'https://example.com/channel';
    await site.post(NEW, { source: 'playlist', urls: url, maxEntries: '7', title: 'live' });
    const [batch] = await batchesOf(ctx, site);
    expect(batch?.playlist).toEqual({ url, maxEntries: 7, title: 'live' });
    const { html } = await site.get(`${PATH}/${batch?.id}`);
    // The filter is not the title of the playlist.
    expect(html).toContain('<h1>example.com/channel</h1>');
    expect(html).toContain('Reading the playlist');
  });

  test('is made once by a form that is sent twice', async () => {
    const { ctx, site } = await setUp();
    const { formId = '' } = valuesOf(await site.get(NEW));
    const send = () => site.post(NEW, { formId, urls: someUrls(2).join('\n') });
    const pages = await Promise.all([send(), send()]);
    expect(await batchesOf(ctx, site)).toHaveLength(1);
    expect(pages[0]?.location).toBe(pages[1]?.location);
  });

  test.each([
    ['urls', { urls: ' \n ' }, /^URLs is empty/],
    [
      'urls',
      { urls: 'https://example.com/1\n\nno url\nftp://example.com/' },
      /^Line 3 must be .*Line 4 must be /,
    ],
    ['urls', { urls: 'https://example.com/1\nhttp://127.0.0.1/' }, /^Line 2 has an address/],
    ['urls', { urls: someUrls(1001).join('\n') }, /1001 lines; a batch has at most 1,000/],
    ['urls', { urls: someUrls(2).join('\n'), source: 'playlist' }, /must be the one URL/],
    ['urls', { urls: 'http://127.0.0.1/', source: 'playlist' }, /^URLs has an address/],
    ['maxEntries', { urls: 'https://example.com/', source: 'playlist', maxEntries: '0' }, /^Most entries/],
    ['maxBytes', { urls: someUrls(1)[0], maxBytes: 'many' }, /^Largest size must be a number/],
    ['storageClass', { urls: someUrls(1)[0], storageDestination: 'x', storageClass: '?' }, /^Storage class/],
    ['batchWebhookUrl', { urls: someUrls(1)[0], batchWebhookUrl: 'x' }, /^Webhook URL of the batch must/],
    ['webhookUrl', { urls: someUrls(1)[0], webhookUrl: 'x' }, /^Webhook URL of each import must/],
  ])(
    'that is wrong in %s keeps what was typed and says so beside the field: %j',
    async (field, typed, text) => {
      const { ctx, site } = await setUp();
      const page = await site.post(NEW, typed as Record<string, string>);
      expect(page.status).toBe(422);
      expect(errorOf(page, field)).toMatch(text);
      expect(page.html).toContain(typed.urls?.trim().slice(0, 400) ?? '');
      expect(await batchesOf(ctx, site)).toHaveLength(0);
    },
  );

  test('counts with the rate of the plan', async () => {
    const { ctx, site } = await setUp();
    const plan = { ...ctx.config.PLANS.free, importsPerHour: 3 };
    ctx.config = { ...ctx.config, RATE_LIMITS: 'on', PLANS: { ...ctx.config.PLANS, free: plan } };
    await start(site, 2);
    const page = await site.post(NEW, { urls: someUrls(2).join('\n') });
    expect(page.status).toBe(422);
    expect(page.html).toContain('Rate limit exceeded');
    expect(await batchesOf(ctx, site)).toHaveLength(1);
  });
});

describe('the list', () => {
  test('says what to do while it is empty', async () => {
    const { site } = await setUp();
    const { html } = await site.get(PATH);
    expect(html).toContain('No batches yet');
    expect(html).toContain(`href="${NEW}"`);
  });

  test('has the batches by page, escaped, and asks for itself while one of them runs', async () => {
    const { ctx, site } = await setUp();
    const { workspaceId } = site;
    for (let index = 0; index < 21; index += 1) {
      ctx.clock.advance(1);
      const url = `https://example.com/${SCRIPT}`;
      const playlist = { url, maxEntries: 5, title: SCRIPT };
      const times = { createdAt: ctx.now(), finishedAt: ctx.now() };
      await ctx.db
        .insert(batches)
        .values({ id: ctx.newId(), workspaceId, playlist, entriesFound: 3, completed: 3, ...times });
    }
    const first = await site.get(PATH);
    expect(first.html).not.toContain(SCRIPT);
    expect(first.html).toContain('&lt;script&gt;');
    expect(first.html).not.toContain('hx-trigger="every');
    const next = /href="([^"]*cursor=[^"]*)"/.exec(first.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await site.get(next);
    expect([first, second].map((page) => badges(page).length)).toEqual([20, 1]);
    ctx.clock.advance(1);
    await start(site, 2);
    expect((await site.get(PATH)).html).toContain(`hx-get="${PATH}"`);
    expect((await site.get(`${PATH}?cursor=${'x'.repeat(600)}`)).status).toBe(400);
  });
});

describe('the page of a batch', () => {
  test('shows each import and the number in each state, and reloads at the end', async () => {
    const { ctx, site } = await setUp();
    const path = await start(site, 3);
    await completeNext(ctx);
    await failNext(ctx);
    const running = await site.get(path);
    expect(running.html).toContain('2 of 3 ended, 1 failed');
    expect(running.html).toContain('max="100" value="66"');
    for (const text of ['All 3', 'Waiting 1', 'Completed 1', 'Failed 1'])
      expect(running.html).toContain(`>${text}</a>`);
    expect(badges(running)).toEqual(['Importing', 'Completed', 'Failed', 'Waiting']);
    expect(running.html).toContain(`hx-get="${path}/live"`);
    expect(running.html).not.toContain(`action="${path}/retry"`);
    const failed = await site.get(`${path}?status=failed`);
    expect(badges(failed)).toEqual(['Importing', 'Failed']);
    expect(failed.html).toContain(`hx-get="${path}/live?status=failed"`);
    expect((await site.get(`${path}/live`)).headers.get('HX-Refresh')).toBeNull();
    await completeNext(ctx);
    const last = await site.get(`${path}/live`);
    expect(last.headers.get('HX-Refresh')).toBe('true');
    expect(last.html).not.toContain('hx-trigger');
  });

  test('of a playlist that could not be read begins with the cause, and reads it again', async () => {
    const { ctx, site } = await setUp();
    const path = await start(site, 1, { source: 'playlist', urls: `https://example.com/${SCRIPT}` });
    const job = await claimNext(ctx, { slot: 'slot-0' });
    const failure = { code: 'source_not_found' as const };
    await failJob(ctx, { ref: refOf(job!), report: { failure, source: null } });
    const page = await site.get(path);
    expect(page.html).not.toContain(SCRIPT);
    expect(page.html.indexOf('class="note bad"')).toBeGreaterThan(0);
    const again = await site.post(`${path}/retry`, { formId: valuesOf(page)['formId'] ?? '' });
    expect(again.location).toMatch(new RegExp(`^${PATH}/`));
    expect(again.location).not.toBe(path);
  });
});

describe('buttons', () => {
  test('cancel a batch once somebody confirms', async () => {
    const { ctx, site } = await setUp();
    const path = await start(site, 2);
    expect((await site.get(path)).html).toContain('data-dialog="cancel"');
    expect((await site.get(`${path}/cancel`)).html).toContain(`action="${path}/cancel"`);
    expect(await site.post(`${path}/cancel`)).toMatchObject({ status: 303, location: path });
    const [batch] = await batchesOf(ctx, site);
    expect(batch).toMatchObject({ canceled: 2, queued: 0 });
    const page = await site.get(path);
    expect(badges(page)).toEqual(['Canceled', 'Canceled', 'Canceled']);
    expect(page.html).toContain('The batch was canceled.');
  });

  test('import what failed again, once for a form that is sent twice', async () => {
    const { ctx, site } = await setUp();
    const path = await start(site, 2);
    await completeNext(ctx);
    await failNext(ctx);
    const page = await site.get(path);
    expect(page.html).toContain('Completed with failures');
    const { formId = '' } = valuesOf(page);
    const first = await site.post(`${path}/retry`, { formId });
    const second = await site.post(`${path}/retry`, { formId });
    expect(second.location).toBe(first.location);
    const rows = await batchesOf(ctx, site);
    const [again] = rows.filter(({ retryOf }) => retryOf !== null);
    expect(rows).toHaveLength(2);
    expect(again).toMatchObject({ queued: 1 });
    expect(first.location).toBe(`${PATH}/${again?.id}`);
    expect((await site.get(`${PATH}/${again?.id}`)).html).toContain(`<a href="${path}">an earlier batch</a>`);
  });

  test('that do not fit the state of the batch say so on its page', async () => {
    const { ctx, site } = await setUp();
    const path = await start(site, 1);
    expect(await site.post(`${path}/retry`)).toMatchObject({ location: path });
    expect((await site.post(`${path}/retry`)).flash).toContain('problem');
    await completeNext(ctx);
    expect((await site.post(`${path}/cancel`)).flash).toContain('problem');
  });

  test('do nothing for other workspaces and for read-only members', async () => {
    const { ctx, site } = await setUp();
    const path = await start(site, 1);
    const stranger = await makeSite(ctx);
    const reader = await makeSite(ctx, { workspaceId: site.workspaceId, role: 'read-only' });
    for (const action of ['cancel', 'retry']) {
      expect((await stranger.post(`${path}/${action}`)).status).toBe(404);
      expect((await reader.post(`${path}/${action}`)).status).toBe(403);
    }
    for (const page of ['', '/live', '/cancel']) expect((await stranger.get(path + page)).status).toBe(404);
    expect((await reader.get(`${path}/cancel`)).status).toBe(403);
    expect((await reader.get(NEW)).status).toBe(403);
    expect((await reader.post(NEW, { urls: someUrls(1)[0]! })).status).toBe(403);
    const seen = await reader.get(path);
    expect(seen.status).toBe(200);
    expect(seen.html).not.toContain(`${path}/cancel`);
    expect((await reader.get(PATH)).html).not.toContain('New batch');
    const member = await makeSite(ctx, { workspaceId: site.workspaceId, role: 'member' });
    expect((await member.post(`${path}/cancel`)).status).toBe(303);
  });
});
