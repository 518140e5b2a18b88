import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { batches } from '../../../worker/db/tables/batches.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { makeCommand } from '../../../worker/jobs/dispatch-job.ts';
import { completePlacement } from '../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../worker/storage/uploads/open-placement.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { readBalance } from '../../../worker/usage/balance.ts';
import { refOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import { artifactRequest, makeLive, putAll, someBytes } from '../support/uploads.ts';
import { addCredit, billingCtx, endJob } from './spend.ts';

const START = { url: 'https://media.example/clip.mp4' };

describe('POST /import', () => {
  it('answers 402 with what is missing without free bytes and without a balance', async () => {
    const api = await makeApi(billingCtx());
    const refused = await api.call('POST', '/import', START);
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({
      code: 'insufficient_balance',
      retryable: false,
      balanceInMicrodollars: 0,
      missingInMicrodollars: 1,
    });
    expect(await api.ctx.db.$count(jobs, eq(jobs.workspaceId, api.workspaceId))).toBe(0);
    await addCredit(api.ctx, api.workspaceId, 1);
    expect((await api.call('POST', '/import', START)).status).toBe(200);
  });

  it('names the whole debt', async () => {
    const api = await makeApi(billingCtx());
    await addCredit(api.ctx, api.workspaceId, -2_500_000);
    expect(await (await api.call('POST', '/import', START)).json()).toMatchObject({
      error: 'The balance of the workspace is -$2.500000. At least $2.500001 is missing.',
      balanceInMicrodollars: -2_500_000,
      missingInMicrodollars: 2_500_001,
    });
  });

  it('accepts an import while free bytes are left', async () => {
    const api = await makeApi(billingCtx({ FREE_BYTES: 1000 }));
    expect((await api.call('POST', '/import', START)).status).toBe(200);
    await endJob(api.ctx, { workspaceId: api.workspaceId }, { status: 'completed', bytes: 1000 });
    expect((await api.call('POST', '/import', START)).status).toBe(402);
  });

  it.each([{ BILLING: 'off' as const }, { PRICE_PER_MB_USD: 0 }])(
    'accepts every import with %j',
    async (config) => {
      const api = await makeApi(billingCtx(config));
      expect((await api.call('POST', '/import', START)).status).toBe(200);
    },
  );

  it('checks a retry, too', async () => {
    const api = await makeApi(billingCtx());
    const job = await endJob(api.ctx, { workspaceId: api.workspaceId }, { status: 'failed' });
    expect((await api.call('POST', `/imports/${job.id}/retry`)).status).toBe(402);
  });

  it('remembers the key for the bill', async () => {
    const api = await makeApi(billingCtx({ FREE_BYTES: 1 }));
    await api.call('POST', '/import', START);
    const made = await api.ctx.db.query.jobs.findFirst({ where: eq(jobs.workspaceId, api.workspaceId) });
    expect(made?.createdBy).toBe(api.apiKeyId);
  });
});

describe('POST /batches', () => {
  const BODIES = [
    ['of URLs', { urls: [START.url, 'https://media.example/2.mp4'] }],
    ['of a playlist', { playlist: { url: 'https://media.example/feed', maxEntries: 3 } }],
  ] as const;

  it.each(BODIES)('%s answers 402 with what is missing, and makes nothing', async (_what, body) => {
    const api = await makeApi(billingCtx());
    const refused = await api.call('POST', '/batches', body);
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({
      code: 'insufficient_balance',
      balanceInMicrodollars: 0,
      missingInMicrodollars: 1,
    });
    expect(await api.ctx.db.$count(batches, eq(batches.workspaceId, api.workspaceId))).toBe(0);
    expect(await api.ctx.db.$count(jobs, eq(jobs.workspaceId, api.workspaceId))).toBe(0);
    await addCredit(api.ctx, api.workspaceId, 1);
    expect((await api.call('POST', '/batches', body)).status).toBe(200);
  });

  it('refuses a retry of failed items, too', async () => {
    await emptyTables();
    const api = await makeApi(billingCtx());
    await addCredit(api.ctx, api.workspaceId, 1);
    const started = await api.call('POST', '/batches', { urls: [START.url] });
    const { batchId } = (await started.json<{ data: { batchId: string } }>()).data;
    const job = (await claimNext(api.ctx, { slot: 'slot-0' }))!;
    await failJob(api.ctx, {
      ref: refOf(job),
      report: { failure: { code: 'source_not_found' }, source: null },
    });
    await addCredit(api.ctx, api.workspaceId, -1);
    expect((await api.call('POST', `/batches/${batchId}/retry`)).status).toBe(402);
  });
});

describe('POST /metadata', () => {
  it('answers 402 when the balance is less than the price', async () => {
    const api = await makeApi(billingCtx({ FREE_BYTES: 1000, PRICE_METADATA_USD: 0.01 }));
    await addCredit(api.ctx, api.workspaceId, 9_999);
    const refused = await api.call('POST', '/metadata', START);
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({ balanceInMicrodollars: 9_999, missingInMicrodollars: 1 });
    expect((await api.call('POST', '/metadata/basic', START)).status).toBe(402);
    await addCredit(api.ctx, api.workspaceId, 1);
    expect((await api.call('POST', '/metadata', START)).status).toBe(200);
    const made = await api.ctx.db.query.jobs.findFirst({ where: eq(jobs.workspaceId, api.workspaceId) });
    expect(made?.createdBy).toBe(api.apiKeyId);
  });
});

describe('the command of an import', () => {
  it('limits the file to what the workspace can pay', async () => {
    const ctx = billingCtx({ FREE_BYTES: 500 });
    const job = await makeJob(ctx, { status: 'processing' });
    await addCredit(ctx, job.workspaceId, 3000);
    const stopsOf = async () => (await makeCommand(ctx, { slot: 'slot-0', job })).limits.stops;
    expect(await stopsOf()).toEqual({ maxBytes: 1_000_500, maxBytesCode: 'insufficient_balance' });
    // Another import is about to store a file.
    await makeJob(ctx, { status: 'processing', workspaceId: job.workspaceId, heldBytes: 1_000_000 });
    expect(await stopsOf()).toEqual({ maxBytes: 500, maxBytesCode: 'insufficient_balance' });
  });

  it('keeps a lower limit of the request', async () => {
    const ctx = billingCtx();
    const job = await makeJob(ctx, { status: 'processing', request: { ...START, maxBytes: 10 } });
    await addCredit(ctx, job.workspaceId, 3000);
    const { limits } = await makeCommand(ctx, { slot: 'slot-0', job });
    expect(limits.stops).toEqual({ maxBytes: 10, maxBytesCode: 'max_bytes_exceeded' });
  });

  it('has no limit of its own when the balance pays every file', async () => {
    const ctx = billingCtx();
    const job = await makeJob(ctx, { status: 'processing' });
    await addCredit(ctx, job.workspaceId, 1_000_000_000);
    expect((await makeCommand(ctx, { slot: 'slot-0', job })).limits.stops).toBeUndefined();
  });
});

it('lets parallel imports store only files that the balance pays together', async () => {
  const ctx = billingCtx();
  const workspaceId = await makeWorkspace(ctx);
  // Two of these files cost 30, and the third would cost as much as the first.
  await addCredit(ctx, workspaceId, 31);
  const bytes = someBytes(5000);
  const uploads = await Promise.all(
    [1, 2, 3].map(async () => {
      const live = await makeLive(ctx, {}, workspaceId);
      const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: bytes.length }) });
      return { live, placementId: plan.placementId, report: await putAll(ctx, live, plan, bytes) };
    }),
  );
  const outcomes = await Promise.allSettled(uploads.map((upload) => completePlacement(ctx, upload)));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: {
      code: 'insufficient_balance',
      fields: { balanceInMicrodollars: 31, missingInMicrodollars: 14 },
    },
  });
  for (const [index, { status }] of outcomes.entries())
    if (status === 'fulfilled')
      await completeJob(ctx, { ref: refOf(uploads[index]!.live.job), report: { warnings: [] } });
  expect(await readBalance(ctx, workspaceId)).toMatchObject({ spentMicrodollars: 30, heldBytes: 0 });
});
