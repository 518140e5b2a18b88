import { describe, expect, it } from 'vitest';
import { s3Site } from '../../../../worker/storage/sites/s3-site.ts';
import { signedPart, signedPut } from '../../../../worker/storage/s3/signed-requests.ts';
import { makeCustomerCtx, makeTarget, readObject, s3, send, server, toSign } from '../../support/customer.ts';
import { asSent, crc32Of, MIB, someBytes } from '../../support/uploads.ts';

const admin = () => {
  const { accessKeyId, secretAccessKey } = server();
  return { accessKeyId, secretAccessKey };
};

async function makePut(key: string, leaseMs = 60_000, agoMs = 0) {
  const now = Date.now() - agoMs;
  const bytes = someBytes(1000);
  const part = await toSign(1, bytes, 'crc32');
  const object = {
    key,
    part,
    now,
    placementId: 'placement-1',
    contentType: 'video/mp4',
    leaseUntil: now + leaseMs,
  };
  return { bytes, now, request: await signedPut(makeTarget('crc32'), object) };
}

describe.skipIf(s3 === null)('a small object in one query-signed PUT (versitygw)', () => {
  it('is stored with its content type and the id of its upload', async () => {
    const { bytes, now, request } = await makePut('single/a b+c.mp4');
    expect(request.expiresAt).toBe(new Date(now + 60_000).toISOString());
    expect((await send(request, bytes)).status).toBe(200);
    const object = await readObject('single/a b+c.mp4');
    expect(object!.bytes).toEqual(bytes);
    expect(object!.headers.get('content-type')).toBe('video/mp4');
    expect(object!.headers.get('x-amz-meta-importly-upload')).toBe('placement-1');
  });

  it('is refused when a byte is wrong', async () => {
    const { bytes, request } = await makePut('single/wrong.mp4');
    bytes[0]! ^= 1;
    expect((await send(request, bytes)).status).toBe(400);
    expect(await readObject('single/wrong.mp4')).toBeNull();
  });

  it('is refused after the lease', async () => {
    const { bytes, request } = await makePut('single/late.mp4', 5000, 6000);
    expect((await send(request, bytes)).status).toBe(403);
  });

  it.each(['content-type', 'x-amz-checksum-crc32', 'x-amz-meta-importly-upload'])(
    'is refused with another %s',
    async (name) => {
      const { bytes, request } = await makePut('single/other.mp4');
      const headers = { ...request.headers, [name]: name === 'content-type' ? 'text/html' : 'AAAAAA==' };
      expect((await send({ ...request, headers }, bytes)).status).toBe(403);
      expect(await readObject('single/other.mp4')).toBeNull();
    },
  );

  it('carries no secret', async () => {
    const { request } = await makePut('single/a.mp4');
    expect(JSON.stringify(request)).not.toContain(server().putOnly.secretAccessKey);
  });
});

describe.skipIf(s3 === null)('a part that is signed before its bytes exist (versitygw)', () => {
  it('is stored with the right trailer; a wrong trailer, other bytes and another length are refused', async () => {
    const ctx = makeCustomerCtx();
    const target = makeTarget('crc32-trailer');
    const site = s3Site(ctx, target);
    const upload = { placementId: 'p', key: 'trailer/a b.mp4' };
    const { uploadId, digest } = await site.create(upload, 'video/mp4');
    expect(digest).toBe('crc32-trailer');
    const bytes = someBytes(70_000);
    const part = { number: 1, sizeBytes: bytes.length, digest: '' };
    const request = await signedPart(target, { ...upload, uploadId, part, now: ctx.now(), digest });
    const { url, method, headers } = request;
    const put = async (body: Uint8Array<ArrayBuffer>) => (await fetch(url, { method, headers, body })).status;
    const changed = bytes.slice();
    changed[69_999]! ^= 1;
    expect(await put(asSent(request, bytes, 'AAAAAA=='))).toBe(400);
    expect(await put(asSent(request, changed, crc32Of(bytes)))).toBe(400);
    expect(await put(asSent(request, bytes.subarray(1)))).toBeGreaterThanOrEqual(400);
    const answer = await send(request, bytes);
    expect(answer.status).toBe(200);
    const crc32 = crc32Of(bytes);
    const parts = [{ number: 1, etag: answer.headers.get('etag')!, crc32 }];
    await site.complete({ ...upload, uploadId }, { parts, sizeBytes: bytes.length, crc32, digest });
    expect((await readObject(upload.key))!.bytes).toEqual(bytes);
  });
});

describe.skipIf(s3 === null)('a multipart upload with CRC-32 (versitygw)', () => {
  it.each(['putOnly', 'admin'])('is verified by part and as a whole, with the keys of %s', async (who) => {
    const ctx = makeCustomerCtx();
    const target = makeTarget('crc32', who === 'admin' ? admin() : server().putOnly);
    const site = s3Site(ctx, target);
    const key = `crc32/${who}.mp4`;
    const upload = { placementId: 'p', key };
    const { uploadId, digest } = await site.create(upload, 'video/mp4');
    const bytes = someBytes(5 * MIB + 100);
    const parts = [];
    const refused: number[] = [];
    for (const [index, body] of [bytes.subarray(0, 5 * MIB), bytes.subarray(5 * MIB)].entries()) {
      const part = await toSign(index + 1, body, 'crc32');
      const request = await signedPart(target, { key, uploadId, part, now: ctx.now(), digest });
      const wrong = body.slice();
      wrong[0]! ^= 1;
      refused.push((await send(request, wrong)).status);
      const answer = await send(request, body);
      expect(answer.status).toBe(200);
      parts.push({ number: index + 1, etag: answer.headers.get('etag')!, crc32: part.digest });
    }
    expect(refused).toEqual([400, 400]);
    const finished = { parts, sizeBytes: bytes.length, crc32: crc32Of(bytes), digest };
    const wrongSum = { ...finished, crc32: 'AAAAAA==' };
    await expect(site.complete({ ...upload, uploadId }, wrongSum)).rejects.toThrow(
      expect.objectContaining({ code: 'storage_digest_mismatch' }),
    );
    const { etag } = await site.complete({ ...upload, uploadId }, finished);
    expect(etag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(crc32Of((await readObject(key))!.bytes)).toBe(crc32Of(bytes));
  });
});
