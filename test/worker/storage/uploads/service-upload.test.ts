import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { UploadPlan } from '../../../../worker/contract/downloader/upload-plan.ts';
import type { LiveAttempt } from '../../../../worker/db/rows.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { putServicePart } from '../../../../worker/storage/uploads/put-service-part.ts';
import { refOf } from '../../support/claimed.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import {
  artifactRequest,
  completeRequest,
  crc32Of,
  makeLive,
  MIB,
  placementsOf,
  put,
  putAll,
  someBytes,
  streamOf,
  signFor,
} from '../../support/uploads.ts';

const code = (name: string) => expect.objectContaining({ code: name });

const stop = (ctx: TestCtx, live: LiveAttempt, values: Partial<typeof jobs.$inferInsert>) =>
  ctx.db.update(jobs).set(values).where(eq(jobs.id, live.job.id));

describe('a small file of known size', () => {
  it('is one PUT, stored under workspace, job and attempt, and kept for the retention time', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const bytes = someBytes(5000);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: bytes.length }) });
    expect(plan).toEqual({
      placementId: plan.placementId,
      kind: 'single',
      storage: 'service',
      partSizeBytes: 8 * MIB,
      concurrency: 1,
      digest: 'crc32',
    });
    const body = await putAll(ctx, live, plan, bytes);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
    const key = `${live.job.workspaceId}/${live.job.id}/1/Rick Astley - Never Gonna Give You Up.mp4`;
    const object = await env.MEDIA.get(key);
    expect(new Uint8Array(await object!.arrayBuffer())).toEqual(bytes);
    expect(object!.httpMetadata?.contentType).toBe('video/mp4');
    expect(await placementsOf(ctx, live)).toEqual([
      expect.objectContaining({
        status: 'stored',
        key,
        url: null,
        storedAt: ctx.now(),
        expiresAt: ctx.now() + 7 * 24 * 3600_000,
        etag: object!.httpEtag,
      }),
    ]);
    const artifact = await ctx.db.query.artifacts.findFirst({ where: (row) => eq(row.jobId, live.job.id) });
    expect(artifact).toMatchObject({
      sizeBytes: 5000,
      crc32: crc32Of(bytes),
      sha256: null,
      facts: body.facts,
      sourceWay: 'direct',
      sourceReason: 'the response is a media file',
    });
  });

  it('gives a repeated Complete the same answer', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const bytes = someBytes(100);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: 100 }) });
    const body = await putAll(ctx, live, plan, bytes);
    await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
    await expect(openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: 100 }) })).rejects.toThrow(
      'already stored',
    );
  });
});

describe('a file of unknown size', () => {
  it('is a multipart upload of equal parts', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const bytes = someBytes(16 * MIB + 12_345);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    expect(plan).toMatchObject({ kind: 'multipart', partSizeBytes: 16 * MIB, concurrency: 4 });
    const body = await putAll(ctx, live, plan, bytes);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
    const [placement] = await placementsOf(ctx, live);
    const object = await env.MEDIA.get(placement!.key);
    expect(crc32Of(new Uint8Array(await object!.arrayBuffer()))).toBe(crc32Of(bytes));
  });

  it('gets the same plan for repeated and concurrent calls, and has one upload', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plans = await Promise.all(
      [1, 2, 3].map(() => openPlacement(ctx, { live, file: artifactRequest() })),
    );
    plans.push(await openPlacement(ctx, { live, file: artifactRequest({ title: 'another' }) }));
    expect(new Set(plans.map((plan) => plan.placementId)).size).toBe(1);
    expect(await placementsOf(ctx, live)).toHaveLength(1);
  });

  it('is stored although the answer to its Complete was lost', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const bytes = someBytes(1000);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    const body = await putAll(ctx, live, plan, bytes);
    const [placement] = await placementsOf(ctx, live);
    const upload = env.MEDIA.resumeMultipartUpload(placement!.key, placement!.uploadId!);
    await upload.complete([{ partNumber: 1, etag: body.parts[0]!.etag.replaceAll('"', '') }]);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
  });

  it('is requested again once under another key when the upload was lost', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const bytes = someBytes(1000);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    const body = await putAll(ctx, live, plan, bytes);
    const [first] = await placementsOf(ctx, live);
    await env.MEDIA.resumeMultipartUpload(first!.key, first!.uploadId!).abort();
    const answer = await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
    expect(answer).toMatchObject({ outcome: 'next', plan: { kind: 'multipart', storage: 'service' } });
    const next = (answer as { plan: UploadPlan }).plan;
    expect(next.placementId).not.toBe(plan.placementId);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual(
      answer,
    );
    const again = await putAll(ctx, live, next, bytes);
    expect(await completePlacement(ctx, { live, placementId: next.placementId, report: again })).toEqual({
      outcome: 'stored',
    });
    const rows = await placementsOf(ctx, live);
    expect(rows.map((row) => [row.status, row.errorCode])).toEqual(
      expect.arrayContaining([
        ['aborted', 'storage_upload_lost'],
        ['stored', null],
      ]),
    );
    expect(new Set(rows.map((row) => row.key)).size).toBe(2);
  });
});

it('signs parts for this Worker with the token, the length and the digest', async () => {
  const ctx = makeCtx();
  const live = await makeLive(ctx);
  const plan = await openPlacement(ctx, { live, file: artifactRequest() });
  const part = { number: 7, sizeBytes: 1000, digest: crc32Of(someBytes(1000)) };
  expect(
    await signFor(ctx, { live, placementId: plan.placementId, parts: [part], token: 'the-token' }),
  ).toEqual([
    {
      number: 7,
      method: 'PUT',
      url: `http://127.0.0.1:8787/internal/jobs/${live.job.id}/placements/${plan.placementId}/parts/7`,
      headers: {
        authorization: 'Bearer the-token',
        'x-importly-grant': expect.stringMatching(/^[\w-]+\.[\w-]{43}$/),
        'x-importly-crc32': part.digest,
        'content-length': '1000',
      },
      expiresAt: new Date(ctx.now() + 15 * 60_000).toISOString(),
    },
  ]);
});

describe('an attempt that no longer owns its job', () => {
  const ends: [string, Partial<typeof jobs.$inferInsert>, string][] = [
    ['another attempt took over', { attempt: 2 }, 'stale'],
    ['the job ended', { status: 'failed' }, 'stale'],
    ['the job is being canceled', { cancelRequestedAt: 1 }, 'cancel_requested'],
  ];
  it.each(ends)('opens nothing: %s', async (_, values, expected) => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    await stop(ctx, live, values);
    await expect(openPlacement(ctx, { live, file: artifactRequest() })).rejects.toThrow(code(expected));
    expect(await placementsOf(ctx, live)).toEqual([]);
    expect(await ctx.db.query.artifacts.findMany({ where: (row) => eq(row.jobId, live.job.id) })).toEqual([]);
  });

  it.each(ends)('completes nothing: %s', async (_, values, expected) => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const bytes = someBytes(1000);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    const body = await putAll(ctx, live, plan, bytes);
    await stop(ctx, live, values);
    await expect(
      completePlacement(ctx, { live, placementId: plan.placementId, report: body }),
    ).rejects.toThrow(code(expected));
    const [placement] = await placementsOf(ctx, live);
    expect(placement!.status).toBe('open');
    expect(await env.MEDIA.head(placement!.key)).toBeNull();
  });

  it.each(ends)('leaves no object of a PUT in progress: %s', async (_, values, expected) => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: 1000 }) });
    await stop(ctx, live, values);
    await expect(put(ctx, live, plan, 1, someBytes(1000))).rejects.toThrow(code(expected));
    expect(await env.MEDIA.head((await placementsOf(ctx, live))[0]!.key)).toBeNull();
  });

  it.each(ends)('gives nothing up: %s', async (_, values, expected) => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    await stop(ctx, live, values);
    const failure = { code: 'storage_unavailable' as const };
    await expect(abortPlacement(ctx, { live, placementId: plan.placementId, failure })).rejects.toThrow(
      code(expected),
    );
  });
});

it('cannot use a placement of another job', async () => {
  const ctx = makeCtx();
  const [mine, other] = [await makeLive(ctx), await makeLive(ctx)];
  const { placementId } = await openPlacement(ctx, { live: other, file: artifactRequest() });
  const bytes = someBytes(10);
  const notFound = code('not_found');
  const part = { number: 1, body: streamOf(bytes), sizeBytes: 10, crc32: crc32Of(bytes) };
  await expect(putServicePart(ctx, { ...refOf(mine.job), placementId, grant: null, part })).rejects.toThrow(
    notFound,
  );
  await expect(signFor(ctx, { live: mine, placementId, parts: [], token: '' })).rejects.toThrow(notFound);
  await expect(
    abortPlacement(ctx, { live: mine, placementId, failure: { code: 'storage_rejected' } }),
  ).rejects.toThrow(notFound);
  const body = completeRequest(bytes, [{ bytes, etag: 'e' }]);
  await expect(completePlacement(ctx, { live: mine, placementId, report: body })).rejects.toThrow(notFound);
});

it('renews the lease when it completes, and never shortens it', async () => {
  const ctx = makeCtx();
  const live = await makeLive(ctx);
  const plan = await openPlacement(ctx, { live, file: artifactRequest() });
  const body = await putAll(ctx, live, plan, someBytes(1000));
  ctx.clock.advance(50_000);
  await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
  const job = await ctx.db.query.jobs.findFirst({ where: (row) => eq(row.id, live.job.id) });
  expect(job!.leaseUntil).toBe(ctx.now() + 60_000);
});

describe('giving up an upload', () => {
  it('because of the source returns no plan and leaves nothing', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    await put(ctx, live, plan, 1, someBytes(1000));
    const failure = { code: 'source_truncated' as const, detail: 'ended at 1000 of 2000 bytes' };
    expect(await abortPlacement(ctx, { live, placementId: plan.placementId, failure })).toEqual({
      plan: null,
    });
    expect(await abortPlacement(ctx, { live, placementId: plan.placementId, failure })).toEqual({
      plan: null,
    });
    const [placement] = await placementsOf(ctx, live);
    expect(placement).toMatchObject({
      status: 'aborted',
      errorCode: failure.code,
      errorDetail: failure.detail,
    });
    const upload = env.MEDIA.resumeMultipartUpload(placement!.key, placement!.uploadId!);
    await expect(upload.uploadPart(1, 'x')).rejects.toThrow('10024');
  });

  it('because service storage is down returns no plan', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    const failure = { code: 'storage_unavailable' as const };
    expect(await abortPlacement(ctx, { live, placementId: plan.placementId, failure })).toEqual({
      plan: null,
    });
  });
});
