/** What a signature for a part in service storage allows, checked with the S3 API of Miniflare. The binding owns the uploads. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Miniflare, convertV4MiniflareOptions } from 'miniflare';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SignedRequest } from '../../worker/contract/downloader/upload-plan.ts';
import { s3Target, type S3Target } from '../../worker/storage/s3/target.ts';
import { signedPart } from '../../worker/storage/s3/signed-requests.ts';

const BUCKET = 'media';
const KEYS = { accessKeyId: 'r2-key-id', secretAccessKey: 'r2-secret' };
const PART_BYTES = 5 * 1024 * 1024;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

type Bucket = Awaited<ReturnType<Miniflare['getR2Bucket']>>;
let miniflare: Miniflare;
let bucket: Bucket;
let target: S3Target;
let upload: Awaited<ReturnType<Bucket['createMultipartUpload']>>;

beforeAll(async () => {
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'worker.js', contents: 'export default {}' }],
      r2Buckets: { MEDIA: { id: BUCKET, s3Credentials: KEYS } },
      compatibilityDate: '2026-10-23',
      host: '127.0.0.1',
      cf: false,
      telemetry: { enabled: false },
    }),
  );
  const endpoint = new URL('/cdn-cgi/local/r2/s3', await miniflare.ready).href;
  target = s3Target({ endpoint, region: 'auto', bucket: BUCKET }, KEYS);
  bucket = await miniflare.getR2Bucket('MEDIA');
});
afterAll(() => miniflare.dispose());
beforeEach(async () => {
  upload = await bucket.createMultipartUpload(`${randomUUID()}/job/1/it's (an) ödd!*name+.mp4`, {
    customMetadata: { placement: 'the-placement' },
  });
});

const sign = (
  bytes: Uint8Array,
  number = 1,
  { now = Date.now(), by = target } = {},
): Promise<SignedRequest> =>
  signedPart(by, {
    key: upload.key,
    uploadId: upload.uploadId,
    part: { number, sizeBytes: bytes.length, digest: sha256(bytes) },
    now,
    digest: 'sha256',
  });

function send({ url, headers }: SignedRequest, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  const { 'content-length': _, host: __, ...rest } = headers;
  return fetch(url, { method: 'PUT', headers: rest, body: bytes });
}

const statusOf = async (answer: Promise<Response>) => (await answer).status;

test('the binding completes an upload whose parts were sent through S3, with its own metadata', async () => {
  const parts = [randomBytes(PART_BYTES), randomBytes(PART_BYTES), randomBytes(1234)];
  const uploaded = [];
  for (const [index, part] of parts.entries()) {
    const answer = await send(await sign(part, index + 1), part);
    expect(answer.status).toBe(200);
    uploaded.push({ partNumber: index + 1, etag: answer.headers.get('etag')!.replaceAll('"', '') });
  }
  await upload.complete(uploaded);
  const object = await bucket.get(upload.key);
  expect(sha256(new Uint8Array(await object!.arrayBuffer()))).toBe(sha256(Buffer.concat(parts)));
  expect(object!.customMetadata).toEqual({ placement: 'the-placement' });
});

test('a signature is refused for other bytes, more bytes, another part, another object, or after it expires', async () => {
  const bytes = randomBytes(1000);
  const other = Buffer.from(bytes);
  other[500]! ^= 1;
  const request = await sign(bytes);
  const elsewhere = (from: string, to: string) => ({ ...request, url: request.url.replace(from, to) });
  expect(await statusOf(send(request, other))).toBe(400);
  expect(await statusOf(send(request, Buffer.concat([bytes, bytes])))).toBeGreaterThanOrEqual(400);
  expect(await statusOf(send(elsewhere('partNumber=1', 'partNumber=2'), bytes))).toBe(403);
  expect(await statusOf(send(elsewhere('/job/1/', '/job/2/'), bytes))).toBe(403);
  const old = await sign(bytes, 1, { now: Date.now() - 16 * 60_000 });
  expect(await statusOf(send(old, bytes))).toBe(403);
  const wrong = await sign(bytes, 1, { by: { ...target, secretAccessKey: 'another' } });
  expect(await statusOf(send(wrong, bytes))).toBe(403);
  expect(await statusOf(send(request, bytes))).toBe(200);
});

test('a part that arrives after the upload was aborted is not stored', async () => {
  const bytes = randomBytes(1000);
  const request = await sign(bytes);
  await upload.abort();
  const answer = await send(request, bytes);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('<Code>NoSuchUpload</Code>');
  expect(await bucket.head(upload.key)).toBeNull();
});
