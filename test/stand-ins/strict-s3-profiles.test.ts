/** The provider profiles of the strict S3 stand-in: optional headers, parts and regions. */
import { once } from 'node:events';
import { request as sendHttp } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ADMIN } from '../support/strict-s3/signing/account.ts';
import type { ProfileName } from '../support/strict-s3/profiles/profiles.ts';
import {
  errorCode,
  sendSigned,
  signRequest,
  type ClientOptions,
  type SignedInit,
} from '../support/strict-s3/signing/signed-client.ts';
import type { StrictS3Options } from '../support/strict-s3/options.ts';
import { startStrictS3, type StrictS3 } from '../support/strict-s3/strict-s3.ts';

const MIB = 1024 * 1024;

let server: StrictS3;
let client: ClientOptions;

async function start(options: StrictS3Options) {
  server = await startStrictS3(options);
  client = { endpoint: server.endpoint, region: server.region, account: ADMIN };
}

afterEach(async () => server.stop());

async function answer(method: string, target: string, init: SignedInit = {}, region = client.region) {
  const response = await sendSigned({ ...client, region }, method, target, init);
  return [response.status, await errorCode(response)];
}

async function put(headers: Record<string, string>) {
  return answer('PUT', '/test-bucket/key', { body: 'bytes', headers });
}

describe('strict S3 stand-in: optional headers by provider', () => {
  const CLASS = 'x-amz-storage-class';
  const CRC = { 'x-amz-checksum-crc32': 'AAAAAA==' };
  const TAGS = { 'x-amz-tagging': 'a=1' };
  const SSE = { 'x-amz-server-side-encryption': 'AES256' };
  const CASES: [ProfileName, Record<string, string>, number, string][] = [
    ['aws', { [CLASS]: 'GLACIER_IR' }, 200, ''],
    ['r2', { [CLASS]: 'STANDARD_IA' }, 200, ''],
    ['r2', { [CLASS]: 'GLACIER' }, 400, 'InvalidStorageClass'],
    ['r2', { 'x-amz-acl': 'private' }, 501, 'NotImplemented'],
    ['r2', SSE, 501, 'NotImplemented'],
    ['r2', TAGS, 501, 'NotImplemented'],
    ['b2', { [CLASS]: 'STANDARD' }, 200, ''],
    ['b2', { [CLASS]: 'STANDARD_IA' }, 501, 'NotImplemented'],
    ['b2', CRC, 400, 'InvalidArgument'],
    ['b2', TAGS, 400, 'InvalidArgument'],
    ['b2', { 'x-amz-acl': 'private' }, 200, ''],
    ['b2', { 'x-amz-acl': 'public-read' }, 400, 'InvalidArgument'],
    ['b2', SSE, 200, ''],
    ['gcs', { [CLASS]: 'NEARLINE' }, 200, ''],
    ['gcs', { 'x-amz-checksum-sha256': 'x' }, 400, 'InvalidArgument'],
    ['scaleway', { [CLASS]: 'ONEZONE_IA' }, 200, ''],
    ['scaleway', { [CLASS]: 'STANDARD_IA' }, 400, 'InvalidStorageClass'],
    ['minio', { [CLASS]: 'STANDARD_IA' }, 400, 'InvalidStorageClass'],
    ['minio', { 'x-amz-acl': 'public-read' }, 200, ''],
    ['do', { 'x-amz-acl': 'public-read' }, 200, ''],
    ['do', SSE, 501, 'NotImplemented'],
  ];

  it.each(CASES)('%s and %o: %i %s', async (profile, headers, status, code) => {
    await start({ profile });
    expect(await put(headers)).toEqual([status, code]);
    expect(server.objects.size).toBe(status === 200 ? 1 : 0);
  });

  it('minio ignores an ACL', async () => {
    await start({ profile: 'minio' });
    await put({ 'x-amz-acl': 'public-read' });
    expect(server.objects.get('key')?.headers.has('x-amz-acl')).toBe(false);
  });

  it.each<[ProfileName, string | undefined]>([
    ['aws', 'public-read'],
    ['do', undefined],
  ])('%s reads an ACL in a presigned query as %s', async (profile, acl) => {
    await start({ profile });
    await answer('PUT', '/test-bucket/key?x-amz-acl=public-read', { body: 'bytes', expiresSeconds: 60 });
    expect(server.objects.get('key')?.headers.get('x-amz-acl')).toBe(acl);
  });

  it.each<[ProfileName, number]>([
    ['aws', 412],
    ['r2', 412],
    ['b2', 200],
    ['do', 200],
    ['gcs', 200],
  ])('%s answers a conditional write to an existing object with %i', async (profile, status) => {
    await start({ profile });
    await put({});
    expect((await put({ 'if-none-match': '*' }))[0]).toBe(status);
  });
});

describe('strict S3 stand-in: parts by provider', () => {
  async function upload(sizes: readonly number[]) {
    const created = await sendSigned(client, 'POST', '/test-bucket/key?uploads=');
    const uploadId = /<UploadId>([^<]+)</.exec(await created.text())?.[1] ?? '';
    const parts = [];
    for (const [index, size] of sizes.entries()) {
      const target = `/test-bucket/key?partNumber=${index + 1}&uploadId=${uploadId}`;
      const sent = await sendSigned(client, 'PUT', target, { body: new Uint8Array(size) });
      parts.push(
        `<Part><PartNumber>${index + 1}</PartNumber><ETag>${sent.headers.get('etag')}</ETag></Part>`,
      );
    }
    const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
    return sendSigned(client, 'POST', `/test-bucket/key?uploadId=${uploadId}`, { body });
  }

  it.each([
    [[6 * MIB, 6 * MIB, 1], 200],
    [[6 * MIB, 6 * MIB, 6 * MIB], 200],
    [[5 * MIB, 6 * MIB, 1], 400],
    [[5 * MIB, 5 * MIB, 6 * MIB], 400],
  ])('r2 requires equal parts: %o is %i', async (sizes, status) => {
    await start({ profile: 'r2' });
    const response = await upload(sizes);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(text.includes('All non-trailing parts must have the same length.')).toBe(status === 400);
  });

  it('aws accepts unequal parts', async () => {
    await start({ profile: 'aws' });
    expect((await upload([5 * MIB, 6 * MIB, 1])).status).toBe(200);
  });

  it('ceph completes an upload and leaves the ETag of its answer empty', async () => {
    await start({ profile: 'ceph' });
    const response = await upload([5 * MIB, 1]);
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/<CompleteMultipartUploadResult>.*<ETag><\/ETag>/);
    expect(server.objects.get('key')?.body.length).toBe(5 * MIB + 1);
  });

  it('scaleway accepts 1,000 parts and refuses part 1,001', async () => {
    await start({ profile: 'scaleway' });
    const part = (number: number) =>
      answer('PUT', `/test-bucket/key?partNumber=${number}&uploadId=none`, { body: 'x' });
    expect(await part(1000)).toEqual([404, 'NoSuchUpload']);
    expect(await part(1001)).toEqual([400, 'InvalidArgument']);
  });

  it('gcs requires a Content-Length for CreateMultipartUpload', async () => {
    await start({ profile: 'gcs' });
    const { url, headers } = await signRequest(client, 'POST', '/test-bucket/key?uploads');
    const outgoing = sendHttp(url, {
      method: 'POST',
      headers: { ...headers, 'transfer-encoding': 'chunked' },
    });
    outgoing.end();
    const [response] = await once(outgoing, 'response');
    expect(response.resume().statusCode).toBe(411);
    expect(await answer('POST', '/test-bucket/key?uploads', { body: '' })).toEqual([200, '']);
  });

  it('gcs refuses aws-chunked with 400, and a signature over Accept-Encoding', async () => {
    await start({ profile: 'gcs' });
    expect(await put({ 'content-encoding': 'aws-chunked' })).toEqual([400, 'InvalidArgument']);
    expect(await put({ 'accept-encoding': 'identity' })).toEqual([403, 'SignatureDoesNotMatch']);
  });
});

describe('strict S3 stand-in: a bucket in another region', () => {
  const HOME = { buckets: [{ name: 'test-bucket', region: 'ap-south-1' }] };

  it.each([
    ['AuthorizationHeaderMalformed', 400, '<Region>ap-south-1</Region>'],
    ['PermanentRedirect', 301, '<Endpoint>'],
    ['TemporaryRedirect', 307, '<Endpoint>'],
  ] as const)(
    'aws answers %s with %i, names the region in a header, and accepts the right one',
    async (wrongRegion, status, element) => {
      await start({ ...HOME, profile: 'aws', wrongRegion });
      const response = await sendSigned(client, 'PUT', '/test-bucket/key', { body: 'bytes' });
      const text = await response.text();
      expect([response.status, response.headers.get('x-amz-bucket-region')]).toEqual([status, 'ap-south-1']);
      expect([text.includes(`<Code>${wrongRegion}</Code>`), text.includes(element)]).toEqual([true, true]);
      expect(response.headers.get('location')).toBe(
        status === 307 ? `${server.endpoint}/test-bucket/key` : null,
      );
      const head = await sendSigned(client, 'HEAD', '/test-bucket');
      expect([head.status, head.headers.get('x-amz-bucket-region')]).toEqual([status, 'ap-south-1']);
      expect(await answer('PUT', '/test-bucket/key', { body: 'bytes' }, 'ap-south-1')).toEqual([200, '']);
    },
  );

  it('r2 accepts auto and us-east-1, and no other region', async () => {
    await start({ profile: 'r2' });
    const regions = ['auto', 'us-east-1', 'WNAM'];
    const answers = [];
    for (const region of regions)
      answers.push(await answer('PUT', '/test-bucket/key', { body: 'bytes' }, region));
    expect(answers).toEqual([
      [200, ''],
      [200, ''],
      [400, 'InvalidRegionName'],
    ]);
  });

  it('b2 answers SignatureDoesNotMatch, and do accepts any region', async () => {
    await start({ profile: 'b2' });
    expect(await answer('PUT', '/test-bucket/key', { body: 'bytes' }, 'us-east-1')).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
    await server.stop();
    await start({ profile: 'do' });
    expect(await answer('PUT', '/test-bucket/key', { body: 'bytes' }, 'us-east-1')).toEqual([200, '']);
  });
});
