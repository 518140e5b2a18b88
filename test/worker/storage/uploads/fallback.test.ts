import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { deleteDestination } from '../../../../worker/storage/destinations/destinations.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { listUploads, makeCustomer, makeCustomerCtx, s3, sendAll, server } from '../../support/customer.ts';
import { artifactRequest, makeLive, placementsOf, putAll, signFor } from '../../support/uploads.ts';

import { admin, makeUpload } from './customer-upload.ts';

const code = (name: string) => expect.objectContaining({ code: name });

describe.skipIf(s3 === null)('the fallback to service storage', () => {
  it.each([
    [
      'the secret is wrong',
      () => ({ ...server().putOnly, secretAccessKey: 'wrong' }),
      'storage_credentials_invalid',
    ],
    [
      'the key id is unknown',
      () => ({ ...server().putOnly, accessKeyId: 'nobody' }),
      'storage_credentials_invalid',
    ],
    [
      'the bucket does not exist',
      () => ({ ...admin(), bucket: 'no-such-bucket' }),
      'storage_bucket_not_found',
    ],
    ['the bucket belongs to somebody else', () => ({ bucket: 'no-such-bucket' }), 'storage_bucket_not_found'],
  ])('is planned at once when %s, and the reason is kept', async (_, settings, expected) => {
    const { ctx, live, bytes, open } = await makeUpload({}, settings());
    const plan = await open();
    expect(plan.storage).toBe('service');
    expect(await open()).toEqual(plan);
    const body = await putAll(ctx, live, plan, bytes);
    await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
    const rows = await placementsOf(ctx, live);
    const failed = rows.find((row) => row.destinationId !== null);
    const stored = rows.find((row) => row.destinationId === null);
    expect(failed).toMatchObject({ status: 'aborted', errorCode: expected });
    expect(stored).toMatchObject({ status: 'stored', expiresAt: ctx.now() + 30 * 24 * 3600_000 });
  });

  it('is planned after retries when the storage cannot be reached', async () => {
    let tries = 0;
    const refusing = async () => {
      tries++;
      throw new TypeError('connection refused at 10.1.2.3');
    };
    const ctx = makeCustomerCtx({ fetch: refusing });
    const live = await makeLive(ctx, { store: true }, await makeCustomer(ctx));
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    expect(plan.storage).toBe('service');
    expect(tries).toBe(4);
    const failed = (await placementsOf(ctx, live)).find((row) => row.destinationId !== null);
    expect(failed).toMatchObject({ errorCode: 'storage_unreachable', errorDetail: null });
  });

  it('is planned when the downloader gives up the bucket, with a warning about parts that cannot be removed', async () => {
    const { ctx, live, bytes, open } = await makeUpload();
    const plan = await open();
    await sendAll(ctx, live, plan, bytes);
    const failure = { code: 'storage_unavailable' as const, detail: 'HTTP 503' };
    const answer = await abortPlacement(ctx, { live, placementId: plan.placementId, failure });
    expect(answer.plan).toMatchObject({ storage: 'service' });
    expect(await abortPlacement(ctx, { live, placementId: plan.placementId, failure })).toEqual(answer);
    const failed = (await placementsOf(ctx, live)).find((row) => row.destinationId !== null);
    expect(failed).toMatchObject({ status: 'aborted', errorCode: failure.code, errorDetail: failure.detail });
    const job = await ctx.db.query.jobs.findFirst({ where: (row) => eq(row.id, live.job.id) });
    expect(job!.warnings).toEqual([expect.stringContaining('lifecycle rule')]);
    await expect(signFor(ctx, { live, placementId: plan.placementId, parts: [], token: '' })).rejects.toThrow(
      code('invalid_request'),
    );
  });

  it('leaves nothing in the bucket if the credentials may abort uploads', async () => {
    const { ctx, live, bytes, open } = await makeUpload({}, admin());
    const plan = await open();
    await sendAll(ctx, live, plan, bytes);
    const [{ uploadId } = { uploadId: null }] = await placementsOf(ctx, live);
    await abortPlacement(ctx, { live, placementId: plan.placementId, failure: { code: 'storage_rejected' } });
    expect(await listUploads()).not.toContain(uploadId);
    const job = await ctx.db.query.jobs.findFirst({ where: (row) => eq(row.id, live.job.id) });
    expect(job!.warnings).toBeNull();
  });

  it('is planned when the settings are deleted during the upload', async () => {
    const { ctx, live, bytes, open } = await makeUpload();
    const plan = await open();
    const body = await sendAll(ctx, live, plan, bytes);
    await deleteDestination(ctx, { workspaceId: live.job.workspaceId });
    const answer = await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
    expect(answer).toMatchObject({ outcome: 'next', plan: { storage: 'service' } });
  });

  it('is not planned for a failure of the source', async () => {
    const { ctx, live, open } = await makeUpload();
    const plan = await open();
    expect(
      await abortPlacement(ctx, {
        live,
        placementId: plan.placementId,
        failure: { code: 'source_truncated' },
      }),
    ).toEqual({
      plan: null,
    });
  });

  it('is not needed without store, or without settings', async () => {
    const { ctx, live, open } = await makeUpload({ store: false });
    expect((await open()).storage).toBe('service');
    const unset = await makeLive(ctx, { store: true });
    expect((await openPlacement(ctx, { live: unset, file: artifactRequest() })).storage).toBe('service');
    expect((await placementsOf(ctx, live)).every((row) => row.errorCode === null)).toBe(true);
  });
});
