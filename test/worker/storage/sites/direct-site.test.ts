import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../worker/config.ts';
import type { Failure } from '../../../../worker/contract/failure.ts';
import type { UploadPlan } from '../../../../worker/contract/downloader/upload-plan.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import {
  artifactRequest,
  makeLive,
  MIB,
  placementsOf,
  putAll,
  sha256Of,
  someBytes,
  signFor,
} from '../../support/uploads.ts';

const code = (name: string) => expect.objectContaining({ code: name });

const config = parseConfig({
  ...env,
  R2_S3_ENDPOINT: 'https://account.eu.r2.cloudflarestorage.com',
  R2_S3_BUCKET: 'my-media',
  R2_ACCESS_KEY_ID: 'the-key-id',
  R2_SECRET_ACCESS_KEY: 'the-secret',
});

async function begin(sizeBytes: number | null = null) {
  const ctx = makeCtx({ config });
  const live = await makeLive(ctx);
  return { ctx, live, plan: await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes }) }) };
}

describe('with R2 S3 keys', () => {
  it.each([null, 9 * MIB])(
    'part requests go to the R2 bucket and are valid for one digest and length (size %s)',
    async (size) => {
      const { ctx, live, plan } = await begin(size);
      expect(plan).toMatchObject({ kind: 'multipart', storage: 'service', digest: 'sha256' });
      const bytes = someBytes(8 * MIB);
      const part = { number: 1, sizeBytes: bytes.length, digest: await sha256Of(bytes) };
      const [request] = await signFor(ctx, {
        live,
        placementId: plan.placementId,
        parts: [part],
        token: 'the-token',
      });
      const [placement] = await placementsOf(ctx, live);
      const { key, uploadId } = placement!;
      const url = new URL(request!.url);
      expect(url.origin).toBe('https://account.eu.r2.cloudflarestorage.com');
      expect(decodeURIComponent(url.pathname)).toBe(`/my-media/${key}`);
      expect(Object.fromEntries(url.searchParams)).toEqual({ partNumber: '1', uploadId });
      expect(request!.headers).toMatchObject({
        'content-length': `${bytes.length}`,
        'x-amz-content-sha256': part.digest,
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=the-key-id\/\d{8}\/auto\/s3\/aws4_request, SignedHeaders=content-length;host;x-amz-content-sha256;x-amz-date, /,
        ) as string,
      });
      const sent = JSON.stringify(request);
      expect(sent).not.toContain('the-secret');
      expect(sent).not.toContain('the-token');
      expect(Date.parse(request!.expiresAt)).toBe(ctx.now() + 14 * 60_000);
    },
  );

  it('a small file passes through the Worker, which can remove a late PUT', async () => {
    const { ctx, live, plan } = await begin(1000);
    expect(plan).toMatchObject({ kind: 'single', storage: 'service', digest: 'crc32' });
    const part = { number: 1, sizeBytes: 1000, digest: 'AAAAAA==' };
    const [request] = await signFor(ctx, {
      live,
      placementId: plan.placementId,
      parts: [part],
      token: 'the-token',
    });
    expect(request!.url).toContain('/internal/jobs/');
  });

  it.each(['AAAAAA==', 'f'.repeat(63), 'F'.repeat(64), ''])(
    'signing refuses the digest %j',
    async (digest) => {
      const { ctx, live, plan } = await begin();
      const part = { number: 1, sizeBytes: 1000, digest };
      await expect(
        signFor(ctx, { live, placementId: plan.placementId, parts: [part], token: '' }),
      ).rejects.toThrow(code('invalid_request'));
    },
  );

  it.each(['storage_access_denied', 'storage_unreachable', 'storage_upload_lost'] as const)(
    'after a failed direct upload (%s) the file passes through the Worker, with no third upload',
    async (name) => {
      const { ctx, live, plan } = await begin();
      const failure: Failure = { code: name };
      const { plan: next } = (await abortPlacement(ctx, {
        live,
        placementId: plan.placementId,
        failure,
      })) as {
        plan: UploadPlan;
      };
      expect(next).toMatchObject({ kind: 'multipart', storage: 'service', digest: 'crc32' });
      expect(await abortPlacement(ctx, { live, placementId: plan.placementId, failure })).toEqual({
        plan: next,
      });
      const facts = { jobId: live.job.id, attempt: live.attempt, code: name, via: 'direct', next: 'service' };
      expect(ctx.lines).toContainEqual({
        level: 'error',
        event: 'storage.refused',
        facts: expect.objectContaining({ ...facts, provider: 'service' }) as object,
      });
      const body = await putAll(ctx, live, next, someBytes(1000));
      expect(await completePlacement(ctx, { live, placementId: next.placementId, report: body })).toEqual({
        outcome: 'stored',
      });
      const rows = await placementsOf(ctx, live);
      expect(new Set(rows.map(({ status, digest }) => `${status} ${digest}`))).toEqual(
        new Set(['aborted sha256', 'stored crc32']),
      );
    },
  );

  it('there is no further upload when the one through the Worker fails too', async () => {
    const { ctx, live, plan } = await begin();
    const failure: Failure = { code: 'storage_unavailable' };
    const { plan: next } = (await abortPlacement(ctx, { live, placementId: plan.placementId, failure })) as {
      plan: UploadPlan;
    };
    expect(await abortPlacement(ctx, { live, placementId: next.placementId, failure })).toEqual({
      plan: null,
    });
  });

  it('a failure of the source does not start another upload', async () => {
    const { ctx, live, plan } = await begin();
    const answer = await abortPlacement(ctx, {
      live,
      placementId: plan.placementId,
      failure: { code: 'source_truncated' },
    });
    expect(answer).toEqual({ plan: null });
    expect(ctx.lines.map(({ event }) => event)).not.toContain('storage.refused');
  });
});

describe('when the keys change during an upload', () => {
  const part = { number: 1, sizeBytes: 1000, digest: 'f'.repeat(64) };

  it('a direct upload without the keys is lost, so that another one starts', async () => {
    const { ctx, live, plan } = await begin();
    const without = { ...ctx, config: parseConfig(env) };
    const signed = signFor(without, { live, placementId: plan.placementId, parts: [part], token: '' });
    await expect(signed).rejects.toThrow(code('storage_upload_lost'));
  });

  it('an upload through the Worker continues', async () => {
    const ctx = makeCtx();
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    expect(plan.digest).toBe('crc32');
    const body = await putAll({ ...ctx, config }, live, plan, someBytes(1000));
    expect(
      await completePlacement({ ...ctx, config }, { live, placementId: plan.placementId, report: body }),
    ).toEqual({
      outcome: 'stored',
    });
  });
});
