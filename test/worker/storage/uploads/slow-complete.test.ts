/** A CompleteMultipartUpload that takes minutes: one call at a time, one object (strict S3 stand-in). */
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseConfig } from '../../../../worker/config.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import type { ImportRequest } from '../../../../worker/contract/api/import-request.ts';
import { placements } from '../../../../worker/db/tables/artifacts.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { saveDestination } from '../../../../worker/storage/destinations/save-destination.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { cleanUpAttempt } from '../../../../worker/storage/uploads/leftovers/clean-up-attempt.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { sendAll } from '../../support/customer.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeWorkspace } from '../../support/rows.ts';
import {
  artifactRequest,
  completeRequest,
  makeLive,
  placementsOf,
  put,
  someBytes,
} from '../../support/uploads.ts';
import { ADMIN, PUT_ONLY, startStandIn, type Account } from '../providers/stand-in.ts';

const code = (name: string) => expect.objectContaining({ code: name });
const bytes = someBytes(3000);
const KEY = 'clip.mp4';
const LOCK_MS = 20_000;

/** An upload whose parts are sent. `reached` resolves when its Complete is about to be sent, which waits for `letGo()`. */
async function makeSent(account: Account = PUT_ONLY, request: Partial<ImportRequest> = {}) {
  const standIn = await startStandIn({ profile: 'aws' });
  onTestFinished(standIn.stop);
  const { endpoint, region, bucket } = standIn;
  const [reached, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const config = { ...parseConfig(env), EGRESS_ALLOW: `storage:${new URL(endpoint).host}` };
  const gate: typeof fetch = async (input, init) => {
    if (init?.method === 'POST' && new Request(input).url.includes('uploadId=')) {
      reached.resolve();
      await held.promise;
    }
    return fetch(input, init);
  };
  const ctx = makeCtx({ config, random: () => 0, fetch: gate });
  const workspaceId = await makeWorkspace(ctx);
  const { accessKeyId, secretAccessKey } = account;
  const settings = DestinationInput.parse({ endpoint, region, bucket, accessKeyId, secretAccessKey });
  await saveDestination(ctx, { workspaceId, input: settings });
  const live = await makeLive(ctx, { store: true, ...request }, workspaceId);
  const plan = await openPlacement(ctx, {
    live,
    file: artifactRequest({ title: 'clip', sizeBytes: bytes.length }),
  });
  const body = await sendAll(ctx, live, plan, bytes);
  const complete = (renewEveryMs?: number) =>
    completePlacement(ctx, { live, placementId: plan.placementId, report: body, renewEveryMs });
  const row = async () => (await placementsOf(ctx, live)).find(({ id }) => id === plan.placementId)!;
  const completes = async () =>
    (await standIn.read()).requests.filter(({ operation }) => operation === 'CompleteMultipartUpload').length;
  const object = () => standIn.object(KEY);
  const gateOf = { reached: reached.promise, letGo: () => held.resolve() };
  return { ctx, live, plan, complete, row, completes, object, ...gateOf };
}

describe('while a Complete runs', () => {
  it('another call is told to ask again, and gets the outcome of the first', async () => {
    const { complete, reached, letGo, completes, row } = await makeSent();
    const first = complete();
    await reached;
    expect(await complete()).toEqual({ outcome: 'completing' });
    letGo();
    expect(await first).toEqual({ outcome: 'stored' });
    expect(await complete()).toEqual({ outcome: 'stored' });
    expect(await completes()).toBe(1);
    expect(await row()).toMatchObject({ status: 'stored', errorCode: null, completingUntil: null });
  });

  it('for 280 seconds, its lock is renewed', async () => {
    const { ctx, complete, reached, letGo, completes, row } = await makeSent();
    const first = complete(5);
    await reached;
    for (let seconds = 0; seconds < 280; seconds += 14) {
      ctx.clock.advance(14_000);
      await vi.waitFor(async () => expect((await row()).completingUntil).toBe(ctx.now() + LOCK_MS));
      expect(await complete()).toEqual({ outcome: 'completing' });
    }
    letGo();
    expect(await first).toEqual({ outcome: 'stored' });
    expect(await completes()).toBe(1);
  });

  it('an upload that is given up is not stored, and its object is removed', async () => {
    const { ctx, live, plan, complete, reached, letGo, row, object } = await makeSent(ADMIN);
    const first = complete();
    await reached;
    const failure = { code: 'storage_unavailable' } as const;
    const { plan: next } = await abortPlacement(ctx, { live, placementId: plan.placementId, failure });
    letGo();
    expect(await first).toEqual({ outcome: 'next', plan: next });
    expect(await row()).toMatchObject({
      status: 'aborted',
      errorCode: 'storage_unavailable',
      storedAt: null,
    });
    expect(await object()).toBeUndefined();
  });

  it('an upload whose attempt ends is not stored, and its object is removed', async () => {
    const { ctx, live, complete, reached, letGo, row, object } = await makeSent(ADMIN);
    const first = complete();
    await reached;
    await ctx.db.update(jobs).set({ status: 'canceled' }).where(eq(jobs.id, live.job.id));
    letGo();
    await expect(first).rejects.toThrow(code('stale'));
    await cleanUpAttempt(ctx, { jobId: live.job.id, attempt: live.attempt });
    expect((await row()).status).toBe('aborted');
    expect(await object()).toBeUndefined();
  });
});

describe('a Complete that was cut off', () => {
  it('is repeated when the lock of its call has ended', async () => {
    const { ctx, plan, complete, letGo, completes } = await makeSent();
    letGo();
    await ctx.db
      .update(placements)
      .set({ status: 'completing', completingUntil: ctx.now() + LOCK_MS })
      .where(eq(placements.id, plan.placementId));
    expect(await complete()).toEqual({ outcome: 'completing' });
    ctx.clock.advance(LOCK_MS);
    expect(await complete()).toEqual({ outcome: 'stored' });
    expect(await completes()).toBe(1);
  });

  it('does not report an object that it may have made as that of somebody else', async () => {
    const { ctx, live, plan, complete, letGo, object, row } = await makeSent(PUT_ONLY, {
      storageConflict: 'rename',
    });
    letGo();
    // An earlier call has made the object and ended before it recorded this.
    expect(await complete()).toEqual({ outcome: 'stored' });
    await ctx.db.update(placements).set({ status: 'completing' }).where(eq(placements.id, plan.placementId));
    const answer = await complete();
    expect(await object()).toBeDefined();
    expect(answer).toMatchObject({ outcome: 'next' });
    expect(await row()).toMatchObject({ errorCode: 'storage_upload_lost' });
    expect(live.attempt).toBe(1);
  });
});

it('a refused request does not block the corrected one', async () => {
  const ctx = makeCtx();
  const live = await makeLive(ctx);
  const plan = await openPlacement(ctx, { live, file: artifactRequest() });
  const { etag } = await put(ctx, live, plan, 1, bytes);
  const wrong = someBytes(bytes.length + 1);
  const complete = (whole: Uint8Array<ArrayBuffer>) =>
    completePlacement(ctx, {
      live,
      placementId: plan.placementId,
      report: completeRequest(whole, [{ bytes: whole, etag }]),
    });
  await expect(complete(wrong)).rejects.toThrow(code('invalid_request'));
  expect(await complete(bytes)).toEqual({ outcome: 'stored' });
});
