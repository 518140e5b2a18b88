/** What nobody may do with a grant: forged, of another upload, too old, or of an attempt or a destination that has ended. */
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { mintGrant, readGrant, type UploadTerms } from '../../../../worker/attempts/upload-grant.ts';
import type { UploadPlan } from '../../../../worker/contract/downloader/upload-plan.ts';
import { fromBase64, toBase64Url } from '../../../../worker/contract/encoding/base64.ts';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { deleteDestination } from '../../../../worker/storage/destinations/destinations.ts';
import { recordFacts } from '../../../../worker/storage/destinations/learned-facts.ts';
import { sealCredentials } from '../../../../worker/storage/destinations/credentials.ts';
import { cleanUpAttempt } from '../../../../worker/storage/uploads/leftovers/clean-up-attempt.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { putServicePart } from '../../../../worker/storage/uploads/put-service-part.ts';
import { signParts } from '../../../../worker/storage/uploads/sign-parts.ts';
import type { UploadAttempt } from '../../../../worker/storage/uploads/upload-rules.ts';
import { refOf } from '../../support/claimed.ts';
import { makeCustomer, makeCustomerCtx, s3, server } from '../../support/customer.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { meteredDb, type D1Cost } from '../../support/metered-db.ts';
import {
  artifactRequest,
  crc32Of,
  makeLive,
  MIB,
  placementsOf,
  someBytes,
  streamOf,
  withFeatures,
} from '../../support/uploads.ts';

const code = (name: string) => expect.objectContaining({ code: name });
const LEASE_MS = 60_000;
const KEPT_MS = 10_000;

interface Granted {
  ctx: TestCtx;
  costOf: (work: () => Promise<unknown>) => Promise<D1Cost>;
  live: UploadAttempt;
  plan: UploadPlan;
  grant: string;
}

/** An upload of 20 MiB in three parts to service storage, with its grant. */
async function open(sizeBytes = 20 * MIB): Promise<Granted> {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const live = { ...(await makeLive(ctx)), features: new Set(['grants'] as const) };
  const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes }) });
  return { ctx, costOf, live, plan, grant: plan.grant! };
}

const firstPart = { number: 1, sizeBytes: 8 * MIB, digest: 'AAAAAA==' };

function sign(
  { ctx, live, plan, grant }: Granted,
  { part = firstPart, use = grant }: { part?: typeof firstPart; use?: string } = {},
) {
  const request = { ...refOf(live.job), placementId: plan.placementId, grant: use };
  return signParts(ctx, { ...request, parts: [part], token: 'token' });
}

function termsIn(grant: string): UploadTerms {
  const [text = ''] = grant.split('.');
  return JSON.parse(new TextDecoder().decode(fromBase64(text))) as UploadTerms;
}

/** A grant with other terms and the signature of this one. */
function forge(grant: string, changes: Partial<UploadTerms>): string {
  const text = JSON.stringify({ ...termsIn(grant), ...changes });
  return `${toBase64Url(new TextEncoder().encode(text))}.${grant.split('.')[1]}`;
}

beforeEach(emptyTables);

describe('a grant', () => {
  it('contains no secret, and a call with it needs no database', async () => {
    const upload = await open();
    const { requests } = await sign(upload);
    expect(requests).toHaveLength(1);
    expect(await upload.costOf(() => sign(upload))).toMatchObject({ calls: 0 });
    const [row] = await placementsOf(upload.ctx, upload.live);
    const { id: placementId, via, bucket, key, uploadId, kind, partSizeBytes, digest } = row!;
    const ofPlacement = { placementId, via, kind, bucket, key, uploadId, partSizeBytes, digest };
    expect(termsIn(upload.grant)).toEqual({
      ...ofPlacement,
      jobId: upload.live.job.id,
      attempt: 1,
      slot: 'slot-0',
      contentType: 'video/mp4',
      sizeBytes: 20 * MIB,
      crc32: null,
      destinationId: null,
      destinationRevision: null,
      storageClass: null,
      leaseUntil: upload.live.job.leaseUntil,
    });
  });

  it.each<[string, Partial<UploadTerms>]>([
    ['a larger part', { partSizeBytes: 64 * MIB, sizeBytes: null }],
    ['another key', { key: 'someone/else.mp4' }],
    ['a later end', { leaseUntil: Date.now() + 1e9 }],
  ])('with %s and its old signature counts as none', async (_name, changes) => {
    const upload = await open();
    const forged = forge(upload.grant, changes);
    const large = { ...firstPart, sizeBytes: 20 * MIB };
    await expect(sign(upload, { part: large, use: forged })).rejects.toThrow(code('invalid_request'));
    const [row] = await placementsOf(upload.ctx, upload.live);
    const { grant } = await sign(upload, { use: forged });
    expect(termsIn(grant)).toMatchObject({ key: row!.key, partSizeBytes: row!.partSizeBytes });
  });

  it.each(['', 'x', '.', 'e30.', `${'a'.repeat(9000)}.${'A'.repeat(43)}`, `e30.${'A'.repeat(43)}`])(
    'that is none (%#) counts as none',
    async (use) => {
      const upload = await open();
      const cost = await upload.costOf(() => sign(upload, { use }));
      expect(cost).toMatchObject({ calls: 1 });
    },
  );

  it('signed with another key, or of another purpose, is none', async () => {
    const { ctx, live, plan, grant } = await open();
    const request = { ...refOf(live.job), placementId: plan.placementId };
    expect(await readGrant(ctx, { ...request, grant })).not.toBeNull();
    const ATTEMPT_TOKEN_KEY = btoa('another key of thirty-two bytes!');
    const other = { ...ctx, config: { ...ctx.config, ATTEMPT_TOKEN_KEY } };
    const foreign = await mintGrant(other, termsIn(grant));
    expect(await readGrant(ctx, { ...request, grant: foreign })).toBeNull();
  });

  it('of another upload, attempt or workspace opens nothing', async () => {
    const mine = await open();
    const theirs = await open();
    const { jobId, placementId } = termsIn(theirs.grant);
    // The path names their upload, the token is mine, and the grant is theirs.
    const request = { ...refOf(mine.live.job), placementId, grant: theirs.grant };
    const stolen = signParts(mine.ctx, { ...request, parts: [firstPart], token: 'token' });
    await expect(stolen).rejects.toThrow(code('not_found'));
    const part = { number: 1, body: streamOf(someBytes(10)), sizeBytes: 10, crc32: 'AAAAAA==' };
    await expect(putServicePart(mine.ctx, { ...request, part })).rejects.toThrow(code('not_found'));
    // My own upload with their grant is judged by my plan.
    const { grant } = await sign(mine, { use: theirs.grant });
    expect(termsIn(grant).jobId).toBe(mine.live.job.id);
    const later = { jobId, attempt: 2, placementId, grant: theirs.grant };
    expect(await readGrant(theirs.ctx, later)).toBeNull();
  });

  it('does not sign a part that does not fit its plan', async () => {
    const upload = await open();
    const misfits = [
      { ...firstPart, number: 4 },
      { ...firstPart, sizeBytes: 8 * MIB + 1 },
      { ...firstPart, number: 3, sizeBytes: 8 * MIB },
      { ...firstPart, digest: 'a'.repeat(64) },
    ];
    for (const part of misfits) await expect(sign(upload, { part })).rejects.toThrow(code('invalid_request'));
  });
});

describe('a grant ends with the lease', () => {
  it('that its attempt had; a live attempt then gets a new one', async () => {
    const upload = await open();
    const { ctx, live, grant } = upload;
    await ctx.db
      .update(jobs)
      .set({ leaseUntil: ctx.now() + 2 * LEASE_MS })
      .where(eq(jobs.id, live.job.id));
    ctx.clock.advance(LEASE_MS);
    const cost = await upload.costOf(async () => {
      const renewed = await sign(upload);
      expect(renewed.grant).not.toBe(grant);
      await sign(upload, { use: renewed.grant });
    });
    expect(cost).toMatchObject({ calls: 1 });
  });

  it.each([
    ['canceled', 'cancel_requested', { cancelRequestedAt: 1 }],
    ['lost', 'stale', { status: 'queued' }],
  ] as const)('of a %s attempt, which makes nothing visible until then', async (_name, refusal, values) => {
    const upload = await open();
    const { ctx, live, plan, grant } = upload;
    await ctx.db.update(jobs).set(values).where(eq(jobs.id, live.job.id));
    // Parts of an upload that nobody completes.
    expect((await sign(upload)).requests).toHaveLength(1);
    await ctx.db.update(jobs).set({ status: 'queued' }).where(eq(jobs.id, live.job.id));
    await cleanUpAttempt(ctx, refOf(live.job));
    const bytes = someBytes(8 * MIB);
    const part = { number: 1, body: streamOf(bytes), sizeBytes: bytes.length, crc32: crc32Of(bytes) };
    const late = { ...refOf(live.job), placementId: plan.placementId, grant, part };
    await expect(putServicePart(ctx, late)).rejects.toThrow(code('storage_upload_lost'));
    const [row] = await placementsOf(ctx, live);
    expect(await env.MEDIA.head(row!.key)).toBeNull();
    await ctx.db
      .update(jobs)
      .set({ status: 'processing', ...values })
      .where(eq(jobs.id, live.job.id));
    ctx.clock.advance(LEASE_MS);
    await expect(sign(upload)).rejects.toThrow(code(refusal));
  });
});

it('costs one call of D1 for all parts that still carry a grant that has ended', async () => {
  const upload = await open();
  const { ctx, live, plan, grant } = upload;
  const leaseUntil = ctx.now() + 2 * LEASE_MS;
  await ctx.db.update(jobs).set({ leaseUntil }).where(eq(jobs.id, live.job.id));
  ctx.clock.advance(LEASE_MS);
  const send = (number: number) => {
    const bytes = someBytes(8 * MIB);
    const part = { number, body: streamOf(bytes), sizeBytes: bytes.length, crc32: crc32Of(bytes) };
    return putServicePart(ctx, { ...refOf(live.job), placementId: plan.placementId, grant, part });
  };
  expect(await upload.costOf(() => send(1))).toMatchObject({ calls: 1 });
  expect(await upload.costOf(() => send(2))).toMatchObject({ calls: 0 });
  // Until the lease ends that was read.
  await ctx.db.update(jobs).set({ status: 'queued' }).where(eq(jobs.id, live.job.id));
  ctx.clock.advance(LEASE_MS);
  await expect(send(1)).rejects.toThrow(code('stale'));
});

describe.skipIf(s3 === null)('a grant for the bucket of a customer', () => {
  async function openAtCustomer() {
    const { db, costOf } = meteredDb();
    const ctx = { ...makeCustomerCtx(), db };
    const workspaceId = await makeCustomer(ctx);
    const live = withFeatures(await makeLive(ctx, { store: true }, workspaceId));
    const file = artifactRequest({ sizeBytes: 20 * MIB });
    const plan = await openPlacement(ctx, { live, file });
    expect(plan.storage).toBe('destination');
    const part = { ...firstPart, digest: 'a'.repeat(64) };
    const upload: Granted = { ctx, costOf, live, plan, grant: plan.grant! };
    return { ...upload, workspaceId, signOne: () => sign(upload, { part }) };
  }

  it('costs no call while the settings are kept, and one after that', async () => {
    const { ctx, costOf, signOne } = await openAtCustomer();
    expect(await costOf(signOne)).toMatchObject({ calls: 0 });
    ctx.clock.advance(KEPT_MS);
    expect(await costOf(signOne)).toMatchObject({ calls: 1 });
    expect(await costOf(signOne)).toMatchObject({ calls: 0 });
  });

  it('is not used for a single PUT that would end with it within seconds', async () => {
    const { ctx, workspaceId, ...large } = await openAtCustomer();
    const row = await destinationOf(ctx, workspaceId);
    await recordFacts(ctx, row, { checksCrc32: true, regions: { [server().bucket]: server().region } });
    const live = withFeatures(await makeLive(ctx, { store: true }, workspaceId));
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: 1000 }) });
    expect(plan).toMatchObject({ kind: 'single', storage: 'destination' });
    // The file came in slowly, and a heartbeat has renewed the lease meanwhile.
    const leaseUntil = ctx.now() + 1.5 * LEASE_MS;
    await ctx.db.update(jobs).set({ leaseUntil }).where(eq(jobs.id, live.job.id));
    ctx.clock.advance(LEASE_MS - 1000);
    const upload = { ...large, ctx, live, plan, grant: plan.grant! };
    const { requests } = await sign(upload, { part: { ...firstPart, sizeBytes: 1000 } });
    expect(Date.parse(requests[0]!.expiresAt) - ctx.now()).toBeGreaterThan(LEASE_MS / 2 - 1000);
  });

  it('ends within seconds when the destination is deleted', async () => {
    const { ctx, workspaceId, signOne } = await openAtCustomer();
    const actor = { type: 'system' as const, id: 'test' };
    await deleteDestination(ctx, { workspaceId, actor });
    ctx.clock.advance(KEPT_MS);
    await expect(signOne()).rejects.toThrow(code('storage_not_configured'));
  });

  it('signs with a changed secret within seconds, and at once for uploads that begin after the change', async () => {
    const { ctx, workspaceId, live, signOne } = await openAtCustomer();
    const authorization = async () => (await signOne()).requests[0]!.headers['authorization'];
    const before = await authorization();
    const row = await destinationOf(ctx, workspaceId);
    const keys = { accessKeyId: 'another-key', secretAccessKey: 'another-secret' };
    const sealed = await sealCredentials(ctx, row, keys);
    await ctx.db.update(destinations).set(sealed).where(eq(destinations.id, row.id));
    expect(await authorization()).toBe(before);
    const fresh = await readFresh(ctx, live);
    expect(fresh).toContain('Credential=another-key/');
    ctx.clock.advance(KEPT_MS);
    expect(await authorization()).toContain('Credential=another-key/');
  });
});

async function destinationOf(ctx: TestCtx, workspaceId: string) {
  const where = eq(destinations.workspaceId, workspaceId);
  return (await ctx.db.query.destinations.findFirst({ where }))!;
}

/** The signature for a downloader without a grant, as the first call after a change. */
async function readFresh(ctx: TestCtx, live: UploadAttempt): Promise<string | undefined> {
  const [row] = await placementsOf(ctx, live);
  const parts = [{ ...firstPart, digest: 'a'.repeat(64) }];
  const request = { ...refOf(live.job), placementId: row!.id, grant: null, parts, token: 'token' };
  return (await signParts(ctx, request)).requests[0]!.headers['authorization'];
}
