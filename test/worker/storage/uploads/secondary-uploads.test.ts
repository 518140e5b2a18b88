/** Imports whose file goes to several destinations at once, on real storage. */
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { ledger } from '../../../../worker/db/tables/ledger.ts';
import { claimNext } from '../../../../worker/jobs/claim-next.ts';
import { failJob } from '../../../../worker/jobs/fail-job.ts';
import { cancelJob } from '../../../../worker/jobs/cancel-job.ts';
import { kindOf } from '../../../../worker/jobs/kinds/kinds.ts';
import { sweep } from '../../../../worker/jobs/sweep.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openSecondaries } from '../../../../worker/storage/uploads/open-secondaries.ts';
import type { UploadAttempt } from '../../../../worker/storage/uploads/upload-rules.ts';
import { refOf } from '../../support/claimed.ts';
import { listUploads, s3, sendAll } from '../../support/customer.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { attemptOf, placementsOf, someBytes } from '../../support/uploads.ts';
import { storesOf } from '../../transfers/imported.ts';
import { admin, keyOf } from './customer-upload.ts';
import { BYTES, makeSeveral } from './several.ts';

const NAMES = ['one', 'two', 'three'];
let several: Awaited<ReturnType<typeof makeSeveral>>;

beforeEach(async () => {
  if (s3 === null) return;
  await emptyTables();
  several = await makeSeveral();
});

/** An import into three destinations, with all its uploads open. */
async function begin(settings: object = { canRead: true }, request: object = {}) {
  for (const name of NAMES) await several.save(name, settings);
  const live = await several.makeLive(NAMES, request);
  const primary = await several.open(live);
  return { live, primary, others: await openAt(live, primary.placementId) };
}
const openAt = (live: UploadAttempt, placementId: string, patienceMs?: number) =>
  openSecondaries(several.ctx, { live, placementId, ...(patienceMs !== undefined && { patienceMs }) });
const stored = NAMES.map((name) => ({ name, status: 'stored' }));
const expectEverywhere = async () => {
  for (const name of NAMES) expect(await several.objectOf(name)).toEqual(BYTES);
};

describe.skipIf(s3 === null)('an import into three destinations at once (versitygw)', () => {
  it('has the file in all of them when it completes, and bills it once', async () => {
    const { live, primary, others } = await begin();
    expect(others).toHaveLength(2);
    expect(await openAt(live, primary.placementId)).toEqual(others);
    await several.finish(live, primary, ...others);
    await expectEverywhere();
    const { ctx, workspaceId, title, viewOf } = several;
    expect(await viewOf(live)).toMatchObject({
      s3Storage: { key: keyOf(title, 'one/') },
      storage: { status: 'stored', key: keyOf(title, 'one/'), destinations: stored },
    });
    expect(await storesOf(ctx, live.job.id)).toEqual([]);
    const bills = await ctx.db.select().from(ledger).where(eq(ledger.workspaceId, workspaceId));
    expect(bills).toMatchObject([{ bytes: BYTES.length, destination: 'one' }]);
  });

  it('is announced to the downloader, which an import into one destination is not', async () => {
    const { live } = await begin();
    const commandOf = ({ job }: UploadAttempt) => kindOf(job).command(several.ctx, job);
    expect(await commandOf(live)).toMatchObject({ kind: 'import', secondaries: true });
    for (const other of [await several.makeImport('one'), await several.makeLive(NAMES, { store: false })])
      expect(await commandOf(other)).not.toHaveProperty('secondaries');
  });

  it('through service storage if the first can only be written: all others are written at once, too', async () => {
    const { live, primary, others } = await begin({});
    expect(primary.storage).toBe('service');
    expect(others).toHaveLength(3);
    await several.finish(live, primary, ...others);
    await expectEverywhere();
    expect(await several.viewOf(live)).toMatchObject({
      s3Storage: { key: keyOf(several.title, 'one/') },
      storage: { status: 'stored', destinations: stored },
    });
    expect(await claimNext(several.ctx, { slot: 'slot-0' })).toBeNull();
  });

  it('copies the file later to the one that fell out, also if that allows no fallback', async () => {
    const { live, primary, others } = await begin({ canRead: true, fallback: 'none' });
    const [second, third] = others;
    const failure = { code: 'storage_unavailable' as const };
    const given = { live, placementId: second!.placementId, failure };
    expect(await abortPlacement(several.ctx, given)).toEqual({ plan: null });
    expect(await abortPlacement(several.ctx, given)).toEqual({ plan: null });
    expect(await openAt(live, primary.placementId)).toEqual([third]);
    expect(await listUploads(keyOf(several.title, 'two/'))).toEqual([]);
    await several.finish(live, primary, third!);
    expect(await several.viewOf(live)).toMatchObject({
      status: 'completed',
      storage: { status: 'stored', destinations: [stored[0], { status: 'storing' }, stored[2]] },
    });
    expect(await storesOf(several.ctx, live.job.id)).toHaveLength(1);
    expect(await several.runStore()).toBe('destination');
    await expectEverywhere();
    expect(await several.viewOf(live)).toMatchObject({ storage: { destinations: stored } });
  });

  it('copies the file later to one that refuses at the start, or does not answer in time', async () => {
    for (const name of NAMES) await several.save(name, { canRead: true });
    await several.save('two', { secretAccessKey: 'wrong' });
    const live = await several.makeImport(...NAMES);
    const primary = await several.open(live);
    const { fetch } = several.ctx;
    const patienceEnded = Promise.withResolvers<void>();
    several.ctx.fetch = async (...request) => {
      await patienceEnded.promise;
      return fetch(...request);
    };
    expect(await openAt(live, primary.placementId, 0)).toEqual([]);
    patienceEnded.resolve();
    await several.ctx.settled();
    await several.finish(live, primary);
    expect(await storesOf(several.ctx, live.job.id)).toHaveLength(2);
    await several.ctx.settled();
    const open = (await placementsOf(several.ctx, live)).filter(({ status }) => status === 'open');
    expect(open).toEqual([]);
    expect(await listUploads(keyOf(several.title, 'three/'))).toEqual([]);
  });

  it('completes the others only after the primary upload, and only with the same bytes', async () => {
    const { live, primary, others } = await begin();
    const [{ placementId }] = others as [(typeof others)[0]];
    const complete = async (bytes: typeof BYTES) => {
      const report = await sendAll(several.ctx, live, { ...primary, placementId }, bytes);
      return completePlacement(several.ctx, { live, placementId, report });
    };
    await expect(complete(BYTES)).rejects.toMatchObject({ code: 'invalid_request' });
    await several.store(live, primary);
    await expect(complete(someBytes(BYTES.length, 99))).rejects.toMatchObject({
      code: 'source_copy_changed',
    });
    expect(await several.objectOf('two')).toBeUndefined();
    expect(await complete(BYTES)).toEqual({ outcome: 'stored' });
  });

  it('moves the primary upload to one of the others, which then has no other upload', async () => {
    const { live, primary, others } = await begin({ canRead: true, fallback: 'none' });
    const failure = { code: 'storage_unavailable' as const };
    const { plan } = await abortPlacement(several.ctx, { live, placementId: primary.placementId, failure });
    const now = await openAt(live, plan!.placementId);
    expect(now).toEqual([others[1]]);
    expect(await listUploads(keyOf(several.title, 'two/'))).toHaveLength(1);
    await several.finish(live, plan!, ...now);
    expect(await several.viewOf(live)).toMatchObject({
      storage: { destinations: [{ status: 'failed', error: failure }, stored[1], stored[2]] },
    });
  });

  it('leaves nothing anywhere after a cancelation, whatever was stored', async () => {
    const { live, primary, others } = await begin({ canRead: true, ...admin() });
    await several.store(live, primary);
    await several.store(live, others[0]!);
    const { ctx, workspaceId } = several;
    await cancelJob(ctx, { workspaceId, jobId: live.job.id });
    await failJob(ctx, { ref: refOf(live.job), report: { failure: { code: 'canceled' }, source: null } });
    await ctx.settled();
    for (const name of NAMES) {
      expect(await several.objectOf(name)).toBeUndefined();
      expect(await listUploads(keyOf(several.title, `${name}/`))).toEqual([]);
    }
  });

  it('starts all uploads again after its downloader was killed, and removes those of before', async () => {
    const { live, primary, others } = await begin();
    await sendAll(several.ctx, live, others[0]!, BYTES);
    const { ctx } = several;
    ctx.clock.advance(300_000);
    await sweep(ctx);
    await ctx.settled();
    for (const name of NAMES) expect(await listUploads(keyOf(several.title, `${name}/`))).toEqual([]);
    await expect(openAt(live, primary.placementId)).rejects.toMatchObject({ code: 'invalid_request' });
    ctx.clock.advance(300_000);
    const again = attemptOf((await claimNext(ctx, { slot: 'slot-0' }))!);
    const plan = await several.open(again);
    await several.finish(again, plan, ...(await openAt(again, plan.placementId)));
    await expectEverywhere();
    expect(await several.viewOf(again)).toMatchObject({ attempt: 2, storage: { destinations: stored } });
  });

  it('copies the file of a downloader that died after the primary upload', async () => {
    const { live, primary } = await begin();
    await several.store(live, primary);
    const { ctx } = several;
    ctx.clock.advance(300_000);
    await sweep(ctx);
    await ctx.settled();
    expect(await storesOf(ctx, live.job.id)).toHaveLength(2);
    expect([await several.runStore(), await several.runStore()]).toEqual(['destination', 'destination']);
    await expectEverywhere();
  });

  it('shows where its files are, also after all destinations were deleted', async () => {
    const { live, primary, others } = await begin();
    await several.finish(live, primary, ...others);
    await several.ctx.db.delete(destinations);
    const { title } = several;
    const places = NAMES.map((name) => ({ name, status: 'stored', key: keyOf(title, `${name}/`) }));
    expect(await several.viewOf(live)).toMatchObject({ storage: { destinations: places } });
  });
});
