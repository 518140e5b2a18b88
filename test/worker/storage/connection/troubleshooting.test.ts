/** The guide's chapters "Connection Test Fails" and "Files Not Uploading", row by row: the fault is made, and the sentence read. */
import { describe, expect, inject, it } from 'vitest';
import { testConnection } from '../../../../worker/storage/connection/test-connection.ts';
import type { ProvidedS3 } from '../../../support/s3-servers/provided-s3.ts';
import { s3, server } from '../../support/customer.ts';
import { asOwner, find, PUT_ONLY, realPlace, strictPlace, test } from './tests.ts';

const seaweedfs = await (await fetch(inject('seaweedfsUrl'))).json<ProvidedS3 | null>();
const WRONG_SECRET = { accessKeyId: PUT_ONLY.accessKeyId, secretAccessKey: 'wrong' };
const WRONG_KEY = { accessKeyId: 'AKIANOBODYKNOWSIT000', secretAccessKey: PUT_ONLY.secretAccessKey };

const credentialsFail = (detail: string) => ({
  status: 'fail',
  message: `The storage does not accept the credentials. (${detail})`,
  hint: 'Check the access key ID and the secret access key.',
  code: 'storage_credentials_invalid',
});
const deniedFail = {
  status: 'fail',
  message: 'The bucket denied the upload. (HTTP 403, AccessDenied)',
  hint: 'Grant s3:PutObject on the bucket to these credentials.',
  code: 'storage_access_denied',
};
const bucketFail = (bucket: string) => ({
  status: 'fail',
  message: 'The bucket does not exist. (HTTP 404, NoSuchBucket)',
  hint: `Create the bucket ${bucket}, or correct its name. Names are case-sensitive, and a bucket belongs to one region of one account.`,
  code: 'storage_bucket_not_found',
});

describe.skipIf(s3 === null)('Connection Test Fails (versitygw)', () => {
  it('verify credentials: the access key id', async () => {
    const found = await test(realPlace(server()), {}, WRONG_KEY);
    expect(find(found, 'credentials')).toMatchObject(credentialsFail('HTTP 403, InvalidAccessKeyId'));
    expect(found.report.ok).toBe(false);
  });

  it('verify credentials: the secret access key', async () => {
    const { putOnly } = server();
    const found = await test(realPlace(server()), {}, { ...putOnly, secretAccessKey: 'wrong' });
    expect(find(found, 'credentials')).toMatchObject(credentialsFail('HTTP 403, SignatureDoesNotMatch'));
  });

  it('check permissions: a user without s3:PutObject, also where the bucket policy refuses it', async () => {
    await asOwner(server(), 'PUT', 'nobody-may-write');
    const found = await test(realPlace(server()), { bucket: 'nobody-may-write' });
    expect(find(found, 'write')).toMatchObject(deniedFail);
  });

  it('verify bucket name: one that is not there', async () => {
    const { accessKeyId, secretAccessKey } = server();
    const found = await test(realPlace(server(), { accessKeyId, secretAccessKey }), {
      bucket: 'no-such-bucket',
    });
    expect(find(found, 'bucket')).toMatchObject(bucketFail('no-such-bucket'));
  });

  it('verify bucket name: one that no bucket has, since capitals were typed', async () => {
    const found = await test(realPlace(server()), { bucket: 'Test-Bucket' });
    expect(find(found, 'bucket')).toMatchObject({
      ...bucketFail('Test-Bucket'),
      message: 'The bucket does not exist. (HTTP 400, InvalidBucketName)',
    });
  });

  it('check region: the right one is found, used, and named', async () => {
    const found = await test(realPlace(server()), { region: 'eu-west-1' });
    expect(find(found, 'region')).toEqual({
      name: 'region',
      status: 'warn',
      message: 'The region is us-east-1, not eu-west-1 as in the settings. Imports use us-east-1.',
      hint: 'Set the region to us-east-1.',
      code: 'storage_region_mismatch',
    });
    expect(found).toMatchObject({
      report: { ok: true },
      learned: { regions: { [server().bucket]: 'us-east-1' } },
    });
  });
});

describe('Connection Test Fails (strict S3 stand-in)', () => {
  it.each([
    ['the access key id', WRONG_KEY, 'HTTP 403, InvalidAccessKeyId'],
    ['the secret access key', WRONG_SECRET, 'HTTP 403, SignatureDoesNotMatch'],
    ['the session token', { ...PUT_ONLY, sessionToken: 'of another time' }, 'HTTP 400, InvalidToken'],
  ])('verify credentials: %s', async (_, keys, detail) => {
    const found = await test(await strictPlace(), {}, keys);
    expect(find(found, 'credentials')).toMatchObject(credentialsFail(detail));
  });

  it('check permissions', async () => {
    const nobody = { accessKeyId: 'STANDINNOBODY0000001', secretAccessKey: 'nobody', actions: [] };
    const found = await test(await strictPlace({ accounts: [nobody] }), {}, nobody);
    expect(find(found, 'write')).toMatchObject(deniedFail);
  });

  it.each(['no-such-bucket', 'Test-Bucket'])('verify bucket name: %s', async (bucket) => {
    const found = await test(await strictPlace(), { bucket });
    expect(find(found, 'bucket')).toMatchObject(bucketFail(bucket));
  });

  it.each(['AuthorizationHeaderMalformed', 'PermanentRedirect', 'TemporaryRedirect'] as const)(
    'check region: corrected from %s',
    async (wrongRegion) => {
      const found = await test(await strictPlace({ wrongRegion }), { region: 'us-west-2' });
      expect(find(found, 'region')).toMatchObject({
        status: 'warn',
        hint: 'Set the region to eu-central-1.',
      });
      expect(found).toMatchObject({ report: { ok: true } });
    },
  );

  it('check region: refused, where the provider does not name the right one', async () => {
    const place = await strictPlace({ wrongRegion: 'InvalidRegionName' });
    const found = await test(place, { region: 'us-west-2' });
    expect(find(found, 'region')).toMatchObject({
      status: 'fail',
      message: 'The bucket is in another region. (HTTP 400, InvalidRegionName)',
      hint: 'Set the region of the bucket.',
    });
  });

  it.each<[string, Parameters<Awaited<ReturnType<typeof strictPlace>>['standIn']['addFault']>[0], string]>([
    ['a web page', { operation: 'any', kind: 'html', status: 200 }, 'the answer has no ETag'],
    ['a missing page', { operation: 'any', kind: 'html', status: 404 }, 'HTTP 404'],
    [
      'a redirect',
      { operation: 'any', kind: 'redirect', status: 302, location: 'http://127.0.0.1:1/login' },
      'HTTP 302, a redirect',
    ],
  ])('endpoint URL: %s', async (_, fault, detail) => {
    const place = await strictPlace();
    await place.standIn.addFault({ ...fault, times: 100 });
    const found = await test(place);
    expect(find(found, 'endpoint')).toEqual({
      name: 'endpoint',
      status: 'fail',
      message: `The endpoint is not an S3 API. (${detail})`,
      hint: 'Enter the endpoint of the S3 API, not the address of a console or a website.',
      code: 'storage_not_s3',
    });
    expect((await place.standIn.read()).requests).toHaveLength(1);
    expect(JSON.stringify(found)).not.toMatch(/stand-in page|filler|127.0.0.1:1\b/);
  });

  it('endpoint URL: 10 MB of XML, of which no more is read than an S3 server says', async () => {
    const place = await strictPlace();
    await place.standIn.addFault({ operation: 'any', kind: 'hugeXml', sizeBytes: 10_000_000, times: 100 });
    const found = await test(place);
    expect(find(found, 'endpoint')).toMatchObject({
      status: 'fail',
      message: 'The storage is temporarily unavailable. (HTTP 400, InternalError)',
    });
    expect(JSON.stringify(found)).not.toContain('filler');
  });

  it('endpoint URL: nothing listens there', async () => {
    const found = await test(await strictPlace(), { endpoint: 'http://127.0.0.1:1' });
    expect(find(found, 'endpoint')).toMatchObject({
      status: 'fail',
      message: 'The storage could not be reached.',
      code: 'storage_unreachable',
    });
  });

  it('endpoint URL: it never answers', async () => {
    const { ctx, settings, keys, standIn } = await strictPlace();
    await standIn.addFault({ operation: 'any', kind: 'silence', times: 100 });
    const found = await testConnection(ctx, settings, keys, {
      limits: { oneRequest: 100, allRequests: 1000 },
    });
    expect(find(found, 'endpoint')).toMatchObject({ status: 'fail', code: 'storage_unreachable' });
  });

  it('endpoint URL: it falls silent in the middle', async () => {
    const { ctx, settings, keys, standIn } = await strictPlace();
    await standIn.addFault({ operation: 'CreateMultipartUpload', kind: 'silence', times: 100 });
    const found = await testConnection(ctx, settings, keys, {
      limits: { oneRequest: 100, allRequests: 500 },
    });
    expect(found.report.ok).toBe(false);
    expect(find(found, 'multipart')).toMatchObject({ status: 'fail', code: 'storage_unreachable' });
    // What did not become clear is not remembered.
    expect(found.learned).not.toHaveProperty('checksCrc32');
    expect(found.learned).not.toHaveProperty('conditionalWrites');
  });
});

describe('Files Not Uploading', () => {
  it('storage class: one that the server does not have (strict S3 stand-in)', async () => {
    const found = await test(await strictPlace({ profile: 'minio' }), { storageClass: 'STANDARD_IA' });
    expect(find(found, 'write')).toMatchObject({
      status: 'fail',
      message: 'The storage does not support this storage class. (HTTP 400, InvalidStorageClass)',
      hint: 'Choose a storage class that the provider supports, or omit it.',
      code: 'storage_class_unsupported',
    });
  });

  it.skipIf(seaweedfs === null)(
    'storage class: one that it has (SeaweedFS)',
    { timeout: 60_000 },
    async () => {
      const found = await test(realPlace(seaweedfs!), {
        storageClass: 'STANDARD_IA',
        sse: { type: 'AES256' },
      });
      expect(found.report).toMatchObject({ ok: true });
    },
  );

  it('bucket exists in the specified region: the owner of the bucket is another account (strict S3 stand-in)', async () => {
    const found = await test(await strictPlace(), { expectedBucketOwner: '999988887777' });
    expect(find(found, 'write')).toMatchObject({
      ...deniedFail,
      hint: expect.stringContaining('expectedBucketOwner'),
    });
  });
});
