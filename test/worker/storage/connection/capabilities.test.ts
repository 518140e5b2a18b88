/** The optional features that Test Connection finds, the permissions that it needs, and what it leaves in the bucket. */
import { describe, expect, inject, it } from 'vitest';
import type { ProvidedS3 } from '../../../support/s3-servers/provided-s3.ts';
import { listUploads, s3, server } from '../../support/customer.ts';
import type { TestCtx } from '../../support/make-ctx.ts';
import { ADMIN, find, named, realPlace, strictPlace, test, WRITER } from './tests.ts';

const seaweedfs = await (await fetch(inject('seaweedfsUrl'))).json<ProvidedS3 | null>();
const ALL_RIGHTS = [
  'address',
  'dns',
  'endpoint',
  'clock',
  'credentials',
  'bucket',
  'region',
  'write',
  'multipart',
];
const EVERY_SETTING = {
  defaultPathPrefix: 'imports/{date}',
  storageClass: 'STANDARD_IA',
  acl: 'private',
  sse: { type: 'AES256' },
  tags: { team: 'video + audio' },
  metadata: { title: 'Žluťoučký kůň' },
} as const;

describe('with only s3:PutObject', () => {
  it('everything that imports need passes, and only the test object remains (strict S3 stand-in)', async () => {
    const place = await strictPlace();
    const found = await test(place);
    expect(found.report.ok).toBe(true);
    expect(named(found, 'pass')).toEqual([...ALL_RIGHTS, 'conditionalWrites', 'checksums']);
    expect(named(found, 'warn')).toEqual(['abort', 'read', 'visitors', 'cors', 'delete']);
    expect(found.learned).toMatchObject({ canGetObject: false, checksCrc32: true, conditionalWrites: true });
    const { buckets } = await place.standIn.read();
    expect(buckets['test-bucket']).toMatchObject({
      uploadIds: [],
      objects: [{ key: '.importly-connection-test' }],
    });
    expect(find(found, 'abort')).toMatchObject({ hint: expect.stringContaining('lifecycle rule') });
    expect(find(found, 'delete')?.message).toContain('.importly-connection-test stays in the bucket');
  });

  it.skipIf(s3 === null)('and so on a real server (versitygw)', async () => {
    // Other tests use the same bucket at the same time.
    const defaultPathPrefix = `capabilities/${crypto.randomUUID()}`;
    const found = await test(realPlace(server()), { defaultPathPrefix });
    expect(named(found, 'fail')).toEqual([]);
    expect(named(found, 'warn')).toEqual(['abort', 'read', 'visitors', 'cors', 'delete']);
    const learned = { canGetObject: false, checksCrc32: true, checksTrailers: true, conditionalWrites: true };
    expect(found.learned).toMatchObject(learned);
    expect(await listUploads(defaultPathPrefix)).toEqual([]);
  });
});

describe('with all rights', () => {
  it('passes, and leaves nothing behind (strict S3 stand-in)', async () => {
    const place = await strictPlace();
    const found = await test(place, {}, ADMIN);
    expect(named(found, 'warn')).toEqual(['visitors', 'cors']);
    expect(found.learned).toMatchObject({ canGetObject: true });
    expect((await place.standIn.read()).buckets['test-bucket']).toEqual({ uploadIds: [], objects: [] });
  });

  it.skipIf(s3 === null)('and so on a real server (versitygw)', async () => {
    const { accessKeyId, secretAccessKey } = server();
    const found = await test(realPlace(server(), { accessKeyId, secretAccessKey }));
    expect(named(found, 'warn')).toEqual(['visitors', 'cors']);
    expect(found.learned).toMatchObject({ canGetObject: true, checksCrc32: true, conditionalWrites: true });
  });

  it.skipIf(seaweedfs === null)(
    'with class, encryption and tags (SeaweedFS)',
    { timeout: 60_000 },
    async () => {
      const { accessKeyId, secretAccessKey } = seaweedfs!;
      const { acl: _, ...settings } = EVERY_SETTING;
      const found = await test(realPlace(seaweedfs!, { accessKeyId, secretAccessKey }), settings);
      expect(named(found, 'fail')).toEqual([]);
      expect(found.learned).toMatchObject({
        canGetObject: true,
        checksTrailers: true,
        conditionalWrites: true,
      });
    },
  );
});

describe('what is read (strict S3 stand-in)', () => {
  it('is never answered from the cache of Cloudflare', async () => {
    const place = await strictPlace();
    const seen: { method: string; cache: string | undefined }[] = [];
    const fetch: TestCtx['fetch'] = (input, init) => {
      seen.push({ method: init?.method ?? 'GET', cache: init?.cache });
      return place.ctx.fetch(input, init);
    };
    const found = await test({ ...place, ctx: { ...place.ctx, fetch } }, {}, ADMIN);
    expect(named(found, 'pass')).toContain('read');
    const reads = seen.filter(({ method }) => ['GET', 'HEAD', 'OPTIONS'].includes(method));
    expect(new Set(reads.map(({ method }) => method))).toEqual(new Set(['GET', 'HEAD', 'OPTIONS']));
    expect(reads.filter(({ cache }) => cache !== 'no-store')).toEqual([]);
  });

  it('leaves the metadata of objects as it is', async () => {
    const place = await strictPlace();
    await test(place);
    const { requests } = await place.standIn.read();
    const writes = requests.filter(({ operation }) => operation.startsWith('Put'));
    expect(writes.filter(({ headers }) => 'cache-control' in headers)).toEqual([]);
  });
});

describe('the test object (strict S3 stand-in)', () => {
  it('is stored with the headers of a real upload, in the folder of the imports', async () => {
    const place = await strictPlace();
    const found = await test(place, EVERY_SETTING, WRITER);
    expect(named(found, 'fail')).toEqual([]);
    const { buckets, requests } = await place.standIn.read();
    const day = new Date().toISOString().slice(0, 10);
    expect(buckets['test-bucket']?.objects).toMatchObject([
      { key: `imports/${day}/.importly-connection-test` },
    ]);
    const headers = {
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-acl': 'private',
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-tagging': 'team=video%20%2B%20audio',
      'x-amz-meta-title': expect.stringMatching(/^=\?UTF-8\?B\?.*\?=$/),
    };
    const made = requests.filter(({ operation }) => /PutObject|CreateMultipartUpload/.test(operation));
    expect(made.length).toBeGreaterThan(3);
    for (const request of made) expect(request).toMatchObject({ headers });
  });

  it('names the missing permissions when the settings need more than the policy grants', async () => {
    const found = await test(await strictPlace(), { acl: 'private', tags: { a: 'b' } });
    expect(find(found, 'write')).toEqual({
      name: 'write',
      status: 'fail',
      message:
        'The bucket denied the upload. (HTTP 403, AccessDenied; an object without these settings was stored)',
      hint: 'Grant s3:PutObjectAcl and s3:PutObjectTagging to these credentials, or remove the settings that need these permissions.',
      code: 'storage_access_denied',
    });
  });

  it('is stored without the headers that the server refuses, which are reported and remembered', async () => {
    const place = await strictPlace({ profile: 'r2' });
    const found = await test(place, { region: 'auto', acl: 'private', tags: { a: 'b' } }, ADMIN);
    expect(found.report.ok).toBe(true);
    expect(
      found.report.checks.filter(({ name }) => name === 'headers').map(({ message }) => message),
    ).toEqual([
      'The storage does not support x-amz-acl: objects are stored without it.',
      'The storage does not support x-amz-tagging: objects are stored without it.',
    ]);
    expect(found.learned?.unsupportedHeaders).toEqual(['x-amz-acl', 'x-amz-tagging']);
    const refused = (await place.standIn.read()).requests.filter(
      ({ status, headers }) => status === 501 && !('x-amz-trailer' in headers),
    );
    expect(refused).toHaveLength(2);
  });

  it('is not stored without a storage class or KMS key of the settings', async () => {
    const place = await strictPlace({ profile: 'r2' });
    const found = await test(place, { region: 'auto', sse: { type: 'aws:kms' } }, ADMIN);
    expect(find(found, 'write')).toMatchObject({ status: 'fail', code: 'storage_rejected' });
  });

  it('is stored without an ACL when the bucket has ACLs disabled', async () => {
    const place = await strictPlace({ buckets: [{ name: 'no-acls', hasAclsDisabled: true }] });
    const found = await test(place, { acl: 'public-read' }, ADMIN);
    expect(found).toMatchObject({ report: { ok: true }, learned: { unsupportedHeaders: ['x-amz-acl'] } });
  });
});

describe('optional features of the server (strict S3 stand-in)', () => {
  it.each([
    ['aws', { checksCrc32: true, checksTrailers: true, conditionalWrites: true }],
    ['r2', { checksCrc32: true, checksTrailers: false, conditionalWrites: true }],
    ['minio', { checksCrc32: true, checksTrailers: true, conditionalWrites: true }],
    ['scaleway', { checksCrc32: false, checksTrailers: false, conditionalWrites: true }],
    ['b2', { checksCrc32: false, checksTrailers: false, conditionalWrites: false }],
    ['gcs', { checksCrc32: false, checksTrailers: false, conditionalWrites: false }],
    ['do', { checksCrc32: false, checksTrailers: false, conditionalWrites: false }],
    ['ceph', { checksCrc32: false, checksTrailers: false, conditionalWrites: false }],
  ] as const)('are found for %s', async (profile, learned) => {
    const place = await strictPlace({ profile });
    const found = await test(place, {}, ADMIN);
    expect(named(found, 'fail')).toEqual([]);
    expect(found.learned).toMatchObject(learned);
    expect(find(found, 'conditionalWrites')?.status).toBe(learned.conditionalWrites ? 'pass' : 'warn');
    expect(find(found, 'checksums')?.message).toContain(learned.checksCrc32 ? 'CRC-32' : 'SHA-256');
    expect((await place.standIn.read()).buckets['test-bucket']).toEqual({ uploadIds: [], objects: [] });
  });

  it('are not tried for known providers', async () => {
    const host = 's3.eu-central-1.amazonaws.com';
    const place = await strictPlace({ virtualHostBase: host }, `https://${host}`);
    const found = await test(place);
    expect(found.report).toMatchObject({ ok: true });
    expect(named(found, 'pass')).toContain('tls');
    expect(find(found, 'conditionalWrites')).toBeUndefined();
    expect(found.learned).not.toHaveProperty('conditionalWrites');
    const refused = (await place.standIn.read()).requests.filter(
      ({ status }) => status === 400 || status === 412,
    );
    expect(refused).toEqual([]);
  });

  it('are not learned from a temporary failure', async () => {
    const place = await strictPlace();
    await place.standIn.addFault({ operation: 'UploadPart', kind: 'error', code: 'SlowDown' });
    const found = await test(place);
    expect(found.report.ok).toBe(true);
    expect(found.learned).not.toHaveProperty('checksCrc32');
  });

  it('a wrong clock gives a warning, and a failure from 15 minutes on', async () => {
    const place = await strictPlace();
    await place.standIn.addFault({ operation: 'PutObject', kind: 'skewedClock', offsetMs: 7 * 60_000 });
    expect(find(await test(place), 'clock')).toMatchObject({
      status: 'warn',
      message: 'The clock of the storage is 7 minutes ahead.',
    });
    await place.standIn.addFault({
      operation: 'PutObject',
      kind: 'skewedClock',
      offsetMs: -20 * 60_000,
      times: 9,
    });
    const late = await test(place);
    expect(late.report.checks.at(-1)).toMatchObject({
      name: 'clock',
      status: 'fail',
      message: expect.stringMatching(/15 minutes\. \(the clock of the storage is 20 minutes behind\)$/),
      code: 'storage_clock_skewed',
    });
  });

  it('are found despite one answer SlowDown', async () => {
    const place = await strictPlace();
    await place.standIn.addFault({ operation: 'PutObject', kind: 'error', code: 'SlowDown' });
    expect((await test(place)).report.ok).toBe(true);
  });
});

describe('an upload that fails (strict S3 stand-in)', () => {
  it.each([
    ['CreateMultipartUpload', 'AccessDenied', 'storage_access_denied'],
    ['UploadPart', 'AccessDenied', 'storage_access_denied'],
    ['CompleteMultipartUpload', 'InternalError', 'storage_unavailable'],
  ] as const)('is a failure: %s %s', async (operation, s3Code, code) => {
    const place = await strictPlace();
    await place.standIn.addFault({ operation, kind: 'error', code: s3Code, times: 1000 });
    const found = await test(place, {}, ADMIN);
    expect(found.report.ok).toBe(false);
    expect(find(found, 'multipart')).toMatchObject({ status: 'fail', code });
    expect((await place.standIn.read()).buckets['test-bucket']?.uploadIds).toEqual([]);
  });
});
