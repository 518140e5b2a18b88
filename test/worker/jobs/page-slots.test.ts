/** Slots for pages: files and pages wait apart, and a slot for files finds out which source is which. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../worker/config.ts';
import { Command, ImportSource } from '../../../worker/contract/downloader/command.ts';
import { fleetSlots } from '../../../worker/contract/downloader/slot-names.ts';
import { attempts } from '../../../worker/db/tables/jobs.ts';
import { slotReservations } from '../../../worker/db/tables/slots.ts';
import { NEVER } from '../../../worker/jobs/alone/crashes.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { claimForMember } from '../../../worker/jobs/claim-for-member.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { makeCommand } from '../../../worker/jobs/dispatch-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { fillSlots } from '../../../worker/jobs/fill-slots.ts';
import { getJob } from '../../../worker/jobs/details/get-job.ts';
import { pauseSlot } from '../../../worker/jobs/slot-pauses.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { makeClaimed, refOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';

beforeEach(emptyTables);

const found = { way: 'ytdlp' as const, reason: 'The URL answered with a page.' };
const isPage = { failure: { code: 'source_is_page' as const }, source: found };

/** A context with one slot for files and one for pages. */
function makeFleet(values: object = {}): TestCtx {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, DOWNLOADER_SLOTS: 1, PAGE_SLOTS: 1, JOBS_PER_SLOT: 2, ...values };
  return ctx;
}

const readJob = (ctx: TestCtx, id: string) =>
  ctx.db.query.jobs.findFirst({ where: (row, { eq }) => eq(row.id, id) });

describe('a page', () => {
  it('goes from the slot for files to the slot for pages at once, and costs no failure', async () => {
    const ctx = makeFleet();
    const { id } = await makeJob(ctx, { failures: 1 });
    await fillSlots(ctx);
    expect(ctx.downloader.commands).toMatchObject([{ slot: 'slot-0', source: { filesOnly: true } }]);
    ctx.clock.advance(300);
    await failJob(ctx, { ref: { jobId: id, attempt: 1 }, report: isPage });
    const row = await readJob(ctx, id);
    expect(row).toMatchObject({ status: 'queued', isPage: true, failures: 1, slot: null, errorCode: null });
    expect(row).toMatchObject({ sourceWay: found.way, sourceReason: found.reason });
    expect(await ctx.db.select().from(attempts)).toMatchObject([{ outcome: 'handed_back', errorCode: null }]);
    // Nothing pauses the slot for files: its downloader goes on.
    expect(ctx.rings).toEqual([0]);
    await makeJob(ctx);
    await fillSlots(ctx);
    const [, ...later] = ctx.downloader.commands;
    expect(later).toHaveLength(2);
    expect(later.find(({ slot }) => slot === 'slot-0')?.jobId).not.toBe(id);
    const page = later.find(({ slot }) => slot === 'page-0')!;
    expect(page).toMatchObject({ jobId: id, attempt: 2, source: { url: expect.any(String) } });
    expect(page.source).not.toHaveProperty('filesOnly');
  });

  it('stays one: a retry after a failure waits for a slot for pages again', async () => {
    const ctx = makeFleet();
    const { job, ref } = await makeClaimed(ctx, { isPage: true, slot: 'page-0' });
    await failJob(ctx, { ref, report: { failure: { code: 'source_unavailable' }, source: found } });
    ctx.clock.advance(60_000);
    expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
    expect((await claimNext(ctx, { slot: 'page-0' }))?.id).toBe(job.id);
  });

  it('whose cancelation was requested ends as canceled', async () => {
    const ctx = makeFleet();
    const { job, ref } = await makeClaimed(ctx);
    await cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
    await failJob(ctx, { ref, report: isPage });
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'canceled', isPage: false });
  });

  it('is read by any downloader that fetches its jobs, after the files', async () => {
    const ctx = makeFleet();
    const page = await makeJob(ctx, { isPage: true, runAfter: ctx.now() - 1000 });
    const file = await makeJob(ctx);
    const member = { id: 'member', name: 'rack', slot: 'pull-rack', lastSeenAt: ctx.now(), processId: null };
    const { signal } = new AbortController();
    const fetchJob = async () => {
      const dispatch = await claimForMember(ctx, { member, capacity: 4, waitMs: 0, signal });
      return dispatch === null ? null : Command.parse(JSON.parse(dispatch.body));
    };
    const claimed = [await fetchJob(), await fetchJob(), await fetchJob()];
    expect(claimed.map((command) => command?.jobId)).toEqual([file.id, page.id, undefined]);
    expect(JSON.stringify(claimed)).not.toContain('filesOnly');
  });
});

describe('files and pages', () => {
  it('do not wait for each other, however many of the other are due first', async () => {
    const ctx = makeFleet({ JOBS_PER_SLOT: 4 });
    const [mixed, other] = [await makeWorkspace(ctx), await makeWorkspace(ctx)];
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
       INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, is_page, created_at)
       SELECT 'page-' || i, ?1, 'import', 'queued', '{"url":"https://a.example/"}', ?2 + i, 1, 0 FROM n`,
    )
      .bind(mixed, ctx.now() - 1_000_000)
      .run();
    const files = [
      await makeJob(ctx, { workspaceId: mixed }),
      await makeJob(ctx, { workspaceId: other, runAfter: ctx.now() - 5 }),
    ];
    const { db, costOf } = meteredDb();
    ctx.db = db;
    const claimed: (string | undefined)[] = [];
    for (const slot of ['slot-0', 'slot-0', 'slot-0', 'page-0', 'page-0']) {
      const cost = await costOf(async () => claimed.push((await claimNext(ctx, { slot }))?.id));
      expect(cost.rowsRead).toBeLessThanOrEqual(60);
    }
    expect(claimed).toEqual([files[1]!.id, files[0]!.id, undefined, 'page-1', 'page-2']);
  });

  it('are counted apart: when a job of each kind is due', async () => {
    const ctx = makeFleet();
    const workspaceId = await makeWorkspace(ctx);
    const counters = () =>
      ctx.db.query.workspaces.findFirst({ where: (row, { eq }) => eq(row.id, workspaceId) });
    await makeJob(ctx, { workspaceId, runAfter: ctx.now() - 10, isPage: true });
    expect(await counters()).toMatchObject({ queued: 1, nextDueAt: null, nextPageDueAt: ctx.now() - 10 });
    await makeJob(ctx, { workspaceId, runAfter: ctx.now() - 5 });
    expect(await counters()).toMatchObject({ queued: 2, nextDueAt: ctx.now() - 5 });
    await claimNext(ctx, { slot: 'page-0' });
    expect(await counters()).toMatchObject({ queued: 1, running: 1, nextPageDueAt: null });
  });

  it('share the limit of their workspace, and the one with the fewest running jobs comes first', async () => {
    const ctx = makeFleet();
    const [busy, idle] = [await makeWorkspace(ctx, { maxConcurrent: 1 }), await makeWorkspace(ctx)];
    await makeJob(ctx, { workspaceId: busy, isPage: true, runAfter: ctx.now() - 1000 });
    await makeJob(ctx, { workspaceId: busy });
    await makeJob(ctx, { workspaceId: idle, isPage: true });
    expect((await claimNext(ctx, { slot: 'slot-0' }))?.workspaceId).toBe(busy);
    expect((await claimNext(ctx, { slot: 'page-0' }))?.workspaceId).toBe(idle);
    expect(await claimNext(ctx, { slot: 'page-0' })).toBeNull();
  });
});

describe('a job that runs alone', () => {
  /** It crashed twice and is due. */
  const makeAlone = (ctx: TestCtx, values: object = {}) =>
    makeJob(ctx, { attempt: 2, failures: 2, crashes: 2, runAfter: NEVER, aloneAfter: ctx.now(), ...values });

  it('gets a slot of its kind', async () => {
    const ctx = makeFleet({ DOWNLOADER_SLOTS: 4, PAGE_SLOTS: 4 });
    const [file, page] = [await makeAlone(ctx), await makeAlone(ctx, { isPage: true })];
    await sweep(ctx);
    const claimed = [];
    for (const slot of fleetSlots(ctx.config)) claimed.push([slot, (await claimNext(ctx, { slot }))?.id]);
    expect(claimed.filter(([, id]) => id !== undefined)).toEqual([
      ['slot-0', file.id],
      ['page-0', page.id],
    ]);
  });

  it('gets a slot beside many pages that have waited longer', async () => {
    const ctx = makeFleet({ DOWNLOADER_SLOTS: 4, PAGE_SLOTS: 8 });
    for (let page = 0; page < 6; page++) await makeAlone(ctx, { isPage: true, aloneAfter: ctx.now() - 1 });
    const file = await makeAlone(ctx);
    await sweep(ctx);
    const reserved = await ctx.db.select().from(slotReservations);
    expect(reserved.map(({ slot }) => slot).toSorted()).toEqual(['page-0', 'page-1', 'slot-0']);
    expect(reserved.find(({ slot }) => slot === 'slot-0')?.jobId).toBe(file.id);
    await sweep(ctx);
    expect(await ctx.db.$count(slotReservations)).toBe(3);
  });

  it('and is found to be a page leaves its slot to others, and runs alone in a slot for pages', async () => {
    const ctx = makeFleet();
    const { id } = await makeAlone(ctx);
    await sweep(ctx);
    const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
    expect(job.id).toBe(id);
    await failJob(ctx, { ref: refOf(job), report: isPage });
    expect(await readJob(ctx, id)).toMatchObject({ isPage: true, runAfter: NEVER, crashes: 2, failures: 2 });
    const other = await makeJob(ctx);
    expect((await claimNext(ctx, { slot: 'slot-0' }))?.id).toBe(other.id);
    expect(await claimNext(ctx, { slot: 'page-0' })).toBeNull();
    await sweep(ctx);
    expect((await claimNext(ctx, { slot: 'page-0' }))?.id).toBe(id);
  });

  it('is found behind many pages that wait longer and have no free slot', async () => {
    const ctx = makeFleet();
    const workspaceId = await makeWorkspace(ctx);
    for (let page = 0; page < 20; page++)
      await makeAlone(ctx, { workspaceId, isPage: true, aloneAfter: ctx.now() - 1 });
    await pauseSlot(ctx, { slot: 'page-0', isSilent: true });
    const file = await makeAlone(ctx, { workspaceId });
    await sweep(ctx);
    expect((await claimNext(ctx, { slot: 'slot-0' }))?.id).toBe(file.id);
  });

  it('and waits for a slot for pages that no longer exists gets another one', async () => {
    const ctx = makeFleet({ PAGE_SLOTS: 0 });
    const { id } = await makeAlone(ctx, { isPage: true });
    await sweep(ctx);
    expect((await claimNext(ctx, { slot: 'slot-0' }))?.id).toBe(id);
  });
});

describe('without slots for pages', () => {
  it('every slot reads pages, and no command says otherwise', async () => {
    const ctx = makeFleet({ PAGE_SLOTS: 0 });
    expect(parseConfig(env).PAGE_SLOTS).toBe(0);
    expect(fleetSlots(ctx.config)).toEqual(['slot-0']);
    const job = await makeJob(ctx);
    await claimNext(ctx, { slot: 'slot-0' });
    const { source } = await makeCommand(ctx, { slot: 'slot-0', job: { ...job, slot: 'slot-0' } });
    expect(ImportSource.parse(source)).toEqual({ url: job.request.url });
  });

  it('pages that waited for one go to the other slots with the next sweep', async () => {
    const ctx = makeFleet();
    const waiting = await makeJob(ctx, { isPage: true });
    await sweep(ctx);
    expect(await readJob(ctx, waiting.id)).toMatchObject({ isPage: true });
    ctx.config = { ...ctx.config, PAGE_SLOTS: 0 };
    expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
    ctx.rings.length = 0;
    await sweep(ctx);
    expect(ctx.rings).toEqual([0]);
    expect((await claimNext(ctx, { slot: 'slot-0' }))?.id).toBe(waiting.id);
  });

  it('an attempt that began with them hands its page to the other slots', async () => {
    const ctx = makeFleet({ PAGE_SLOTS: 0 });
    const { job, ref } = await makeClaimed(ctx);
    await failJob(ctx, { ref, report: isPage });
    const next = await claimNext(ctx, { slot: 'slot-0' });
    expect(next).toMatchObject({ id: job.id, isPage: false });
    expect(refOf(next!)).toMatchObject({ attempt: 2 });
  });
});

describe('a slot for pages that does not answer', () => {
  it('is reported for pages that wait for it, and not for files', async () => {
    const ctx = makeFleet();
    const api = await makeApi(ctx);
    await pauseSlot(ctx, { slot: 'page-0', isSilent: true });
    const since = ctx.now();
    const workspaceId = api.workspaceId;
    const [page, file] = [
      await makeJob(ctx, { workspaceId, isPage: true }),
      await makeJob(ctx, { workspaceId }),
    ];
    const silence = async (jobId: string) => (await getJob(ctx, { workspaceId, jobId })).noDownloaderSince;
    expect([await silence(page.id), await silence(file.id)]).toEqual([since, null]);
    const health = await (await api.anonymous('/health')).json();
    expect(health).toMatchObject({ noDownloaderSince: new Date(since).toISOString() });
  });

  it('is tried again only while a page is due', async () => {
    const ctx = makeFleet();
    await pauseSlot(ctx, { slot: 'page-0', isSilent: true });
    const asked: string[] = [];
    ctx.downloader.health = (slot) => {
      asked.push(slot);
      return Promise.reject(new Error('no answer'));
    };
    await makeJob(ctx);
    ctx.clock.advance(60_000);
    await fillSlots(ctx);
    expect(asked).toEqual([]);
    await makeJob(ctx, { isPage: true });
    await fillSlots(ctx);
    expect(asked).toEqual(['page-0']);
  });
});

describe('the configuration', () => {
  const parse = (values: object) => () => parseConfig({ ...env, DOWNLOADER_URL: undefined, ...values });
  const container = { PUBLIC_URL: 'https://import.example.com' };

  it('accepts slots for pages beside those for files only', () => {
    expect(parse({ ...container, PAGE_SLOTS: '2' })()).toMatchObject({ DOWNLOADER_SLOTS: 1, PAGE_SLOTS: 2 });
    expect(parse({ ...container, PAGE_SLOTS: '1', DOWNLOADER_SLOTS: '0' })).toThrow('needs DOWNLOADER_SLOTS');
    expect(parse({ ...container, PAGE_SLOTS: '-1' })).toThrow('PAGE_SLOTS');
  });

  it('counts them for the URLs of downloaders', () => {
    const urls = { DOWNLOADER_URL: 'https://a.example https://b.example' };
    expect(parse(urls)).toThrow('the number of URLs in DOWNLOADER_URL');
    expect(parse({ ...urls, PAGE_SLOTS: '1' })).not.toThrow();
  });
});
