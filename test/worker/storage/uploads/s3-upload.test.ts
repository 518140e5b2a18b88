import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { UploadPlan } from '../../../../worker/contract/downloader/upload-plan.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { findReferred } from '../../../../worker/storage/destinations/destinations.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { encodeKey } from '../../../../worker/storage/s3/encode-key.ts';
import {
  asAdmin,
  makeCustomer,
  makeCustomerCtx,
  readObject,
  s3,
  send,
  sendAll,
  server,
  toSign,
} from '../../support/customer.ts';
import {
  artifactRequest,
  completeRequest,
  crc32Of,
  makeLive,
  MIB,
  placementsOf,
  someBytes,
  signFor,
} from '../../support/uploads.ts';

import { admin, keyOf, makeUpload, newTitle } from './customer-upload.ts';

const code = (name: string) => expect.objectContaining({ code: name });

describe.skipIf(s3 === null)("the customer's bucket (versitygw), with s3:PutObject alone", () => {
  it('stores the file of a multipart upload byte for byte', async () => {
    const ctx = makeCustomerCtx();
    const live = await makeLive(ctx, { store: true, storagePath: 'videos/2024' }, await makeCustomer(ctx));
    const title = newTitle();
    const bytes = someBytes(8 * MIB + 5);
    const plan = await openPlacement(ctx, {
      live,
      file: artifactRequest({ title, sizeBytes: bytes.length }),
    });
    expect(plan).toMatchObject({
      kind: 'multipart',
      storage: 'destination',
      partSizeBytes: 8 * MIB,
      digest: 'sha256',
    });
    const body = await sendAll(ctx, live, plan, bytes);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
    const key = keyOf(title, 'videos/2024/');
    const object = await readObject(key);
    expect(crc32Of(object!.bytes)).toBe(crc32Of(bytes));
    expect(object!.headers.get('content-type')).toBe('video/mp4');
    const [placement] = await placementsOf(ctx, live);
    expect(placement).toMatchObject({
      status: 'stored',
      bucket: server().bucket,
      key,
      expiresAt: null,
      errorCode: null,
    });
    const encoded = encodeKey(keyOf(title));
    expect(placement!.url).toBe(`${server().endpoint}/${server().bucket}/videos/2024/${encoded}`);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
  });

  it('stores a small file as a multipart upload of one part', async () => {
    const { ctx, live, title } = await makeUpload();
    const bytes = someBytes(3000);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ title, sizeBytes: 3000 }) });
    const body = await sendAll(ctx, live, plan, bytes);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
    expect((await readObject(keyOf(title)))!.bytes).toEqual(bytes);
  });

  it('refuses a part with a wrong byte, of another number, or for another upload', async () => {
    const { ctx, live, bytes, open } = await makeUpload();
    const plan = await open();
    const [request] = await signFor(ctx, {
      live,
      placementId: plan.placementId,
      parts: [await toSign(1, bytes, 'sha256')],
      token: 'token',
    });
    const wrong = bytes.slice();
    wrong[wrong.length - 1]! ^= 1;
    expect((await send(request!, wrong)).status).toBe(400);
    const other = { ...request!, url: request!.url.replace('partNumber=1', 'partNumber=2') };
    expect((await send(other, bytes)).status).toBe(403);
    const elsewhere = { ...request!, url: request!.url.replace(/uploadId=[^&]+/, 'uploadId=another') };
    expect((await send(elsewhere, bytes)).status).toBe(403);
    expect((await send(request!, bytes)).status).toBe(200);
  });

  it('is stored although the answer to Complete was lost, if the object can be read', async () => {
    const { ctx, live, title, bytes, open } = await makeUpload({}, admin());
    const plan = await open();
    const body = await sendAll(ctx, live, plan, bytes);
    const [{ uploadId } = { uploadId: '' }] = await placementsOf(ctx, live);
    const path = `/${encodeKey(keyOf(title))}`;
    const xml = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${body.parts[0]!.etag}</ETag></Part></CompleteMultipartUpload>`;
    expect((await asAdmin('POST', `${path}?uploadId=${uploadId}`, xml)).status).toBe(200);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
  });

  it('is uploaded again when the outcome of its upload is unknown', async () => {
    const { ctx, live, title, bytes, open } = await makeUpload();
    const plan = await open();
    const body = await sendAll(ctx, live, plan, bytes);
    const [{ uploadId } = { uploadId: '' }] = await placementsOf(ctx, live);
    const path = `/${encodeKey(keyOf(title))}`;
    expect((await asAdmin('DELETE', `${path}?uploadId=${uploadId}`)).status).toBe(204);
    const answer = await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
    expect(answer).toMatchObject({ outcome: 'next', plan: { storage: 'destination' } });
    const next = (answer as { plan: UploadPlan }).plan;
    const again = await sendAll(ctx, live, next, bytes);
    expect(await completePlacement(ctx, { live, placementId: next.placementId, report: again })).toEqual({
      outcome: 'stored',
    });
    expect((await readObject(keyOf(title)))!.bytes).toEqual(bytes);
  });

  it('does not mistake an older object of the same name and size for the upload', async () => {
    const { ctx, live, title, bytes, open } = await makeUpload({}, admin());
    const plan = await open();
    const body = await sendAll(ctx, live, plan, bytes);
    const [{ uploadId } = { uploadId: '' }] = await placementsOf(ctx, live);
    const path = `/${encodeKey(keyOf(title))}`;
    expect((await asAdmin('PUT', path, 'x'.repeat(bytes.length))).status).toBe(200);
    expect((await asAdmin('DELETE', `${path}?uploadId=${uploadId}`)).status).toBe(204);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toMatchObject(
      { outcome: 'next' },
    );
  });

  it('requests another upload when a part differs from that in the storage', async () => {
    const { ctx, live, bytes, open } = await makeUpload();
    const plan = await open();
    await sendAll(ctx, live, plan, bytes);
    const body = completeRequest(bytes, [{ bytes, etag: '"d41d8cd98f00b204e9800998ecf8427e"' }]);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toMatchObject(
      {
        outcome: 'next',
        plan: { storage: 'destination' },
      },
    );
  });

  it('is stored although its region is wrong: corrected once, remembered, and reported', async () => {
    const { ctx, live, title, bytes, open } = await makeUpload({}, { region: 'eu-west-1' });
    const plan = await open();
    expect(plan.storage).toBe('destination');
    const body = await sendAll(ctx, live, plan, bytes);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
    expect((await readObject(keyOf(title)))!.bytes).toEqual(bytes);
    const { bucket, region } = server();
    const row = await findReferred(ctx, { workspaceId: live.job.workspaceId });
    expect(row!.learned).toEqual({ regions: { [bucket]: region }, endpoints: expect.anything() });
    const job = await ctx.db.query.jobs.findFirst({ where: (row) => eq(row.id, live.job.id) });
    expect(job!.warnings).toEqual([
      `Bucket ${bucket} is in region ${region}: set this region in the storage settings.`,
    ]);
  });

  it('completes nothing for an attempt that no longer owns its job', async () => {
    const { ctx, live, title, bytes, open } = await makeUpload();
    const plan = await open();
    const body = await sendAll(ctx, live, plan, bytes);
    await ctx.db.update(jobs).set({ attempt: 2 }).where(eq(jobs.id, live.job.id));
    await expect(
      completePlacement(ctx, { live, placementId: plan.placementId, report: body }),
    ).rejects.toThrow(code('stale'));
    expect(await readObject(keyOf(title))).toBeNull();
  });
});
