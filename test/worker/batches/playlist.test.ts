import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import type { Playlist } from '../../../worker/contract/downloader/playlist.ts';
import type { Ctx } from '../../../worker/context.ts';
import { events } from '../../../worker/db/tables/events.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { makeCommand } from '../../../worker/jobs/dispatch-job.ts';
import { refOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { completeNext, dataOf, failNext, getBatch, someUrls, startBatch } from './batch-api.ts';

beforeEach(emptyTables);

const PLAYLIST = { url: 'https://tube.example/list?id=1', maxEntries: 5, title: 'Talk' };

/** Claims the playlist job and reports these URLs. */
async function readPlaylist(ctx: Ctx, urls: string[]) {
  const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
  const source = { way: 'ytdlp' as const, reason: 'read' };
  const playlist: Playlist = { title: 'My talks', entriesFound: 9, urls, source };
  const report = () => completeJob(ctx, { ref: refOf(job), report: { warnings: [], playlist } });
  return { job, report, answer: await report() };
}

it('reads the playlist with the filter, and then imports the entries with the shared options', async () => {
  const api = await makeApi();
  const { ctx } = api;
  const started = await startBatch(api, { playlist: PLAYLIST, options: { videoQuality: '720p' } });
  expect(started).toMatchObject({ status: 'reading', total: 0 });
  expect(await getBatch(api, started.batchId)).toMatchObject({ status: 'reading', total: 0 });
  const [waiting] = await ctx.db.query.jobs.findMany();
  expect(await makeCommand(ctx, { slot: 'slot-0', job: waiting! })).toMatchObject({
    kind: 'playlist',
    source: { url: PLAYLIST.url },
    filter: { maxEntries: 5, title: 'Talk' },
  });
  const { report, answer } = await readPlaylist(ctx, [...someUrls(2), 'http://127.0.0.1/internal']);
  expect(answer).toEqual({ directive: 'continue' });
  expect(await getBatch(api, started.batchId)).toMatchObject({
    status: 'processing',
    total: 2,
    playlist: { ...PLAYLIST, title: 'My talks', entriesFound: 9 },
  });
  // A repeated report makes nothing.
  expect(await report()).toEqual({ directive: 'continue' });
  expect(await ctx.db.$count(jobs, eq(jobs.batchId, started.batchId))).toBe(2);
  expect((await completeNext(ctx))?.request).toEqual({ url: someUrls(1)[0], videoQuality: '720p' });
  await completeNext(ctx);
  expect(await getBatch(api, started.batchId)).toMatchObject({ status: 'completed' });
  expect(await ctx.db.$count(events, eq(events.type, 'batch.completed'))).toBe(1);
});

it('completes a batch whose playlist has no entry that the filter leaves', async () => {
  const api = await makeApi();
  const { batchId } = await startBatch(api, { playlist: PLAYLIST });
  await readPlaylist(api.ctx, []);
  expect(await getBatch(api, batchId)).toMatchObject({ status: 'completed', total: 0 });
  expect(await api.ctx.db.$count(events, eq(events.type, 'batch.completed'))).toBe(1);
});

it('fails a batch whose playlist cannot be read, says why, and reads it again on demand', async () => {
  const api = await makeApi();
  const { batchId } = await startBatch(api, { playlist: PLAYLIST, webhookUrl: 'https://hooks.example/x' });
  await failNext(api.ctx);
  expect(await getBatch(api, batchId)).toMatchObject({
    status: 'failed',
    error: { code: 'source_not_found' },
  });
  expect(await api.ctx.db.$count(events, eq(events.type, 'batch.completed'))).toBe(1);
  expect(await dataOf(api.call('POST', `/batches/${batchId}/retry`))).toMatchObject({ status: 'reading' });
});

it('cancels a batch while its playlist waits, and is no import for the calls of imports', async () => {
  const api = await makeApi();
  const { batchId } = await startBatch(api, { playlist: PLAYLIST });
  expect((await api.call('GET', `/imports/${batchId}`)).status).toBe(404);
  expect((await api.call('DELETE', `/imports/${batchId}`)).status).toBe(404);
  expect(await dataOf(api.call('POST', `/batches/${batchId}/cancel`))).toMatchObject({ status: 'canceled' });
  expect(await claimNext(api.ctx, { slot: 'slot-0' })).toBeNull();
});

it('reads the playlist again later when the queue has no room for its imports', async () => {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, MAX_QUEUED_JOBS: 5 };
  const api = await makeApi(ctx);
  const { batchId } = await startBatch(api, { playlist: PLAYLIST });
  const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
  await startBatch(api, { urls: someUrls(4) });
  const source = { way: 'ytdlp' as const, reason: 'read' };
  const playlist: Playlist = { title: null, entriesFound: 2, urls: someUrls(2), source };
  await completeJob(ctx, { ref: refOf(job), report: { warnings: [], playlist } });
  expect(await getBatch(api, batchId)).toMatchObject({
    status: 'reading',
    total: 0,
    error: { code: 'queue_full' },
  });
  expect((await api.call('POST', '/batches', { playlist: PLAYLIST })).status).toBe(429);
});
