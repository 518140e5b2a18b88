/** Whole objects on the strict S3 stand-in: digests, stored headers, ranges and conditions. */
import { createHash } from 'node:crypto';
import { request as sendHttp } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN } from '../support/strict-s3/signing/account.ts';
import { crc32Base64 } from '../support/strict-s3/operations/integrity.ts';
import {
  errorCode,
  sendSigned,
  signRequest,
  type ClientOptions,
  type SignedInit,
} from '../support/strict-s3/signing/signed-client.ts';
import { startStrictS3, type StrictS3 } from '../support/strict-s3/strict-s3.ts';

const BODY = '0123456789';

let server: StrictS3;
let client: ClientOptions;

beforeAll(async () => {
  server = await startStrictS3({
    buckets: [{ name: 'test-bucket' }, { name: 'owned-bucket', hasAclsDisabled: true }],
  });
  client = { endpoint: server.endpoint, region: server.region, account: ADMIN };
});
afterAll(async () => server.stop());
beforeEach(() => server.buckets.forEach((bucket) => bucket.objects.clear()));

async function put(headers: Record<string, string> = {}, init: SignedInit = {}, target = '/test-bucket/key') {
  const response = await sendSigned(client, 'PUT', target, { body: BODY, headers, ...init });
  return [response.status, await errorCode(response)];
}

const md5 = createHash('md5').update(BODY).digest('base64');
const sha256 = createHash('sha256').update(BODY).digest('base64');
const wrongMd5 = createHash('md5').update('x').digest('base64');

describe('strict S3 stand-in: digests of an object', () => {
  it.each([
    [{ 'content-md5': md5 }, 200, ''],
    [{ 'content-md5': wrongMd5 }, 400, 'BadDigest'],
    [{ 'content-md5': 'no digest' }, 400, 'InvalidDigest'],
    [{ 'x-amz-checksum-crc32': crc32Base64(Buffer.from(BODY)) }, 200, ''],
    [{ 'x-amz-checksum-crc32': 'AAAAAA==' }, 400, 'BadDigest'],
    [{ 'x-amz-checksum-crc32': 'AAAA' }, 400, 'InvalidRequest'],
    [{ 'x-amz-checksum-sha256': sha256 }, 200, ''],
    [{ 'x-amz-checksum-sha256': sha256, 'x-amz-checksum-crc32': 'AAAAAA==' }, 400, 'InvalidRequest'],
    [{ 'x-amz-checksum-crc32c': 'AAAAAA==' }, 501, 'NotImplemented'],
  ])('%o: %i %s', async (headers, status, code) => {
    expect(await put(headers)).toEqual([status, code]);
    expect(server.objects.has('key')).toBe(status === 200);
  });
});

describe('strict S3 stand-in: headers that are stored with an object', () => {
  it('stores class, ACL, encryption, tags, metadata and content headers, and returns them', async () => {
    const headers = {
      'content-type': 'video/mp4',
      'cache-control': 'max-age=60',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-acl': 'bucket-owner-full-control',
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-tagging': 'a=1&b=2',
      'x-amz-meta-title': 'title',
      'x-amz-expected-bucket-owner': '111122223333',
    };
    expect(await put(headers)).toEqual([200, '']);
    const { 'x-amz-expected-bucket-owner': _, ...kept } = headers;
    expect(Object.fromEntries(server.objects.get('key')?.headers ?? [])).toEqual(kept);
    const head = await sendSigned(client, 'HEAD', '/test-bucket/key');
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'content-length': '10',
      'content-type': 'video/mp4',
      'x-amz-meta-title': 'title',
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-tagging-count': '2',
    });
  });

  it('overrides headers of the answer by a signed query', async () => {
    await put();
    const query = new URLSearchParams({ 'response-content-disposition': 'attachment; filename="a b.mp4"' });
    const response = await sendSigned(client, 'GET', `/test-bucket/key?${query.toString()}`, {
      expiresSeconds: 60,
    });
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="a b.mp4"');
  });

  it.each([
    [{ 'x-amz-storage-class': 'STANDARD_TYPO' }, 400, 'InvalidStorageClass'],
    [{ 'x-amz-acl': 'everyone' }, 400, 'InvalidArgument'],
    [{ 'x-amz-server-side-encryption': 'ROT13' }, 400, 'InvalidArgument'],
    [
      { 'x-amz-server-side-encryption': 'AES256', 'x-amz-server-side-encryption-aws-kms-key-id': 'k' },
      400,
      'InvalidArgument',
    ],
    [{ 'x-amz-tagging': 'a=1&a=2' }, 400, 'InvalidTag'],
    [{ 'x-amz-tagging': 'a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11' }, 400, 'BadRequest'],
    [{ 'x-amz-meta-long': 'x'.repeat(2048) }, 400, 'MetadataTooLarge'],
    [{ 'x-amz-expected-bucket-owner': '999999999999' }, 403, 'AccessDenied'],
    [{ 'x-amz-made-up': '1' }, 501, 'NotImplemented'],
  ])('refuses %o: %i %s', async (headers, status, code) => {
    expect(await put(headers)).toEqual([status, code]);
    expect(server.objects.size).toBe(0);
  });

  it('refuses a key of 1,025 bytes, a missing bucket, and an ACL where the owner is enforced', async () => {
    expect(await put({}, {}, `/test-bucket/${'k'.repeat(1025)}`)).toEqual([400, 'KeyTooLongError']);
    expect(await put({}, {}, '/no-bucket/key')).toEqual([404, 'NoSuchBucket']);
    expect(await put({ 'x-amz-acl': 'public-read' }, {}, '/owned-bucket/key')).toEqual([
      400,
      'AccessControlListNotSupported',
    ]);
    expect(await put({ 'x-amz-acl': 'bucket-owner-full-control' }, {}, '/owned-bucket/key')).toEqual([
      200,
      '',
    ]);
  });

  it('refuses a body without a length', async () => {
    const { url, headers } = await signRequest(client, 'PUT', '/test-bucket/key');
    const body = new ReadableStream({
      start: (controller) => (controller.enqueue(Buffer.from(BODY)), controller.close()),
    });
    const response = await fetch(url, { method: 'PUT', headers, body, duplex: 'half' });
    expect([response.status, await errorCode(response)]).toEqual([411, 'MissingContentLength']);
  });
});

describe('strict S3 stand-in: ranges and conditions', () => {
  beforeEach(async () => {
    await put();
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=0-999', 206, BODY, 'bytes 0-9/10'],
    ['bytes=4-2', 200, BODY, null],
    ['bytes=1-2,4-5', 200, BODY, null],
    ['lines=1-2', 200, BODY, null],
  ])('Range "%s": %i', async (range, status, text, contentRange) => {
    const response = await sendSigned(client, 'GET', '/test-bucket/key', { headers: { range } });
    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  it.each(['bytes=10-', 'bytes=-0'])('Range "%s" is not satisfiable', async (range) => {
    const response = await sendSigned(client, 'GET', '/test-bucket/key', { headers: { range } });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */10']);
  });

  it('honours If-Match and If-None-Match when reading', async () => {
    const etag = server.objects.get('key')?.etag ?? '';
    const read = async (headers: Record<string, string>) =>
      (await sendSigned(client, 'GET', '/test-bucket/key', { headers })).status;
    expect(await read({ 'if-match': etag })).toBe(200);
    expect(await read({ 'if-match': '"other"' })).toBe(412);
    expect(await read({ 'if-none-match': etag })).toBe(304);
  });

  it('refuses a conditional write when the object exists', async () => {
    expect(await put({ 'if-none-match': '*' })).toEqual([412, 'PreconditionFailed']);
    expect(await put({ 'if-none-match': '*' }, {}, '/test-bucket/free')).toEqual([200, '']);
    expect(await put({ 'if-none-match': '"etag"' })).toEqual([501, 'NotImplemented']);
  });

  it('answers 409 to a conditional write while another one is in progress', async () => {
    const headers = { 'if-none-match': '*' };
    const { url, headers: signed } = await signRequest(client, 'PUT', '/test-bucket/race', { headers });
    const slow = sendHttp(url, { method: 'PUT', headers: { ...signed, 'content-length': '10' } });
    const answered = new Promise<number>((resolve) =>
      slow.on('response', (response) => resolve(response.resume().statusCode ?? 0)),
    );
    slow.write(BODY.slice(0, 5));
    await expect.poll(() => server.buckets.get('test-bucket')?.claimedKeys.has('race')).toBe(true);
    expect(await put(headers, {}, '/test-bucket/race')).toEqual([409, 'ConditionalRequestConflict']);
    slow.end(BODY.slice(5));
    expect(await answered).toBe(200);
  });

  it('stores nothing of a body that ends early, and releases the key', async () => {
    const { url, headers } = await signRequest(client, 'PUT', '/test-bucket/cut', {
      headers: { 'if-none-match': '*' },
    });
    const cut = sendHttp(url, { method: 'PUT', headers: { ...headers, 'content-length': '10' } }).on(
      'error',
      () => undefined,
    );
    cut.write('01234');
    await expect.poll(() => server.buckets.get('test-bucket')?.claimedKeys.has('cut')).toBe(true);
    cut.destroy();
    await expect.poll(() => server.buckets.get('test-bucket')?.claimedKeys.has('cut')).toBe(false);
    expect(server.objects.has('cut')).toBe(false);
  });
});
