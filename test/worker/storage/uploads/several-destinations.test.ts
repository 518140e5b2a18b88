/** Imports with `storageDestinations` into real storage: where the primary upload goes, and where the copies come from. */
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { ledger } from '../../../../worker/db/tables/ledger.ts';
import { claimNext } from '../../../../worker/jobs/claim-next.ts';
import { deleteDestination } from '../../../../worker/storage/destinations/destinations.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { s3, server } from '../../support/customer.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { placementsOf } from '../../support/uploads.ts';
import { storesOf } from '../../transfers/imported.ts';
import { keyOf } from './customer-upload.ts';
import { BYTES, makeSeveral } from './several.ts';

const WRONG = { secretAccessKey: 'wrong' };
type Several = Awaited<ReturnType<typeof makeSeveral>>;
let ctx: Several['ctx'];
let workspaceId: string;
let title: string;
let save: Several['save'];
let makeLive: Several['makeLive'];
let makeImport: Several['makeImport'];
let open: Several['open'];
let finish: Several['finish'];
let runStore: Several['runStore'];
let viewOf: Several['viewOf'];
let objectOf: Several['objectOf'];

beforeEach(async () => {
  if (s3 === null) return;
  await emptyTables();
  ({ ctx, workspaceId, title, save, makeLive, makeImport, open, finish, runStore, viewOf, objectOf } =
    await makeSeveral());
});

describe.skipIf(s3 === null)('an import with several destinations (versitygw)', () => {
  it('uploads to the first one if that can be read, and the others get copies of it at once', async () => {
    await save('first', { canRead: true });
    await save('second', { fallback: 'none' });
    const live = await makeImport('first', 'second');
    const plan = await open(live);
    expect(plan.storage).toBe('destination');
    await finish(live, plan);
    const first = { name: 'first', status: 'stored', bucket: server().bucket, key: keyOf(title, 'first/') };
    expect(await viewOf(live)).toMatchObject({
      s3Storage: { key: first.key },
      storage: { status: 'stored', destinations: [first, { name: 'second', status: 'storing' }] },
    });
    expect(await runStore()).toBe('destination');
    expect(await viewOf(live)).toMatchObject({
      s3Storage: { key: first.key },
      storage: {
        status: 'stored',
        key: first.key,
        destinations: [first, { name: 'second', status: 'stored', key: keyOf(title, 'second/') }],
      },
    });
    expect([await objectOf('first'), await objectOf('second')]).toEqual([BYTES, BYTES]);
    expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
    const bills = await ctx.db.select().from(ledger).where(eq(ledger.workspaceId, workspaceId));
    expect(bills).toHaveLength(2);
    expect(bills.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(BYTES.length);
    expect((await placementsOf(ctx, live)).map(({ destinationId }) => destinationId)).not.toContain(null);
  });

  it('goes through service storage if the first one can only be written, and all get copies of that', async () => {
    await save('first');
    await save('second');
    await save('third', { fallback: 'none' });
    const live = await makeImport('first', 'second', 'third');
    const plan = await open(live);
    expect(plan.storage).toBe('service');
    await finish(live, plan);
    const before = await viewOf(live);
    expect(before).toMatchObject({
      mediaUrl: expect.stringContaining('/media/'),
      storage: {
        status: 'service',
        reason: 'destination_not_readable',
        destinations: ['first', 'second', 'third'].map((name) => ({ name, status: 'storing' })),
      },
    });
    expect(before).not.toHaveProperty('s3Storage');
    const [kept] = await placementsOf(ctx, live);
    expect(kept!.expiresAt).toBe(ctx.now() + 30 * 24 * 3600_000);
    expect([await runStore(), await runStore(), await runStore()]).toEqual(['service', 'service', 'service']);
    for (const name of ['first', 'second', 'third']) expect(await objectOf(name)).toEqual(BYTES);
    expect(await viewOf(live)).toMatchObject({
      s3Storage: { key: keyOf(title, 'first/') },
      storage: { status: 'stored', destinations: [{}, { status: 'stored' }, { status: 'stored' }] },
    });
  });

  it('completes in the next one if the first refuses and allows no fallback; only the first fails', async () => {
    await save('first', { canRead: true, fallback: 'none', ...WRONG });
    await save('second', { canRead: true, fallback: 'none' });
    await save('third', { fallback: 'none' });
    const live = await makeImport('first', 'second', 'third');
    const plan = await open(live);
    expect(plan.storage).toBe('destination');
    expect(await open(live)).toEqual(plan);
    await finish(live, plan);
    expect(await runStore()).toBe('destination');
    const error = { code: 'storage_credentials_invalid' };
    const view = await viewOf(live);
    expect(view).toMatchObject({
      status: 'completed',
      mediaUrl: expect.stringContaining('second/'),
      storage: {
        status: 'fallback',
        error,
        destinations: [
          { name: 'first', status: 'failed', error },
          { name: 'second', status: 'stored' },
          { name: 'third', status: 'stored' },
        ],
      },
    });
    expect(view).not.toHaveProperty('s3Storage');
    expect(await storesOf(ctx, live.job.id)).toHaveLength(1);
    expect((await placementsOf(ctx, live)).map(({ destinationId }) => destinationId)).not.toContain(null);
  });

  it('fails when all of them refuse and none allows a fallback', async () => {
    await save('first', { canRead: true, fallback: 'none', ...WRONG });
    await save('second', { canRead: true, fallback: 'none', ...WRONG });
    const live = await makeImport('first', 'second');
    await expect(open(live)).rejects.toMatchObject({ code: 'storage_credentials_invalid' });
  });

  it.each([
    ['service storage, if another one allows that', {}, 'service'],
    ['the next one, if none allows service storage', { fallback: 'none' }, 'destination'],
  ] as const)('after the first died during the upload, goes to %s', async (_, second, storage) => {
    await save('first', { canRead: true, fallback: 'none' });
    await save('second', second);
    const live = await makeImport('first', 'second');
    const { placementId } = await open(live);
    const failure = { code: 'storage_unavailable' as const };
    const { plan } = await abortPlacement(ctx, { live, placementId, failure });
    expect(plan?.storage).toBe(storage);
    await finish(live, plan!);
    expect(await viewOf(live)).toMatchObject({
      status: 'completed',
      storage: { destinations: [{ name: 'first', status: 'failed', error: failure }, {}] },
    });
  });

  it('lets an object of the same name fail only its own place', async () => {
    await save('first', { canRead: true });
    await save('second');
    const one = await makeImport('first', 'second');
    await finish(one, await open(one));
    await runStore();
    const live = await makeLive(['first', 'second'], { storageConflict: 'fail' });
    const plan = await open(live);
    expect(plan.storage).toBe('service');
    await finish(live, plan);
    expect(await viewOf(live)).toMatchObject({
      status: 'completed',
      storage: { destinations: [{ status: 'failed', error: { code: 'storage_object_exists' } }, {}] },
    });
  });

  it('keeps the file out of service storage after its last destination was deleted, if that one wanted so', async () => {
    await save('first', { canRead: true });
    await save('second', { fallback: 'none' });
    const live = await makeImport('first', 'second');
    await deleteDestination(ctx, { workspaceId, name: 'first' });
    await deleteDestination(ctx, { workspaceId, name: 'second' });
    await expect(open(live)).rejects.toMatchObject({ code: 'storage_not_configured' });
  });

  it('shows a stored file also after its destination was deleted', async () => {
    await save('first', { canRead: true });
    await save('second');
    const live = await makeImport('first', 'second');
    await finish(live, await open(live));
    await runStore();
    await deleteDestination(ctx, { workspaceId, name: 'first' });
    await deleteDestination(ctx, { workspaceId, name: 'second' });
    expect(await viewOf(live)).toMatchObject({
      s3Storage: { key: keyOf(title, 'first/') },
      storage: {
        destinations: [
          { name: 'first', status: 'stored', key: keyOf(title, 'first/') },
          { name: 'second', status: 'stored', key: keyOf(title, 'second/') },
        ],
      },
    });
  });
});
