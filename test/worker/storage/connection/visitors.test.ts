/** The chapter "Files Not Accessible" of the guide, row by row: what a visitor can read, and what the report says. */
import { describe, expect, it } from 'vitest';
import { s3, server } from '../../support/customer.ts';
import { ADMIN, asOwner, find, realPlace, strictPlace, test } from './tests.ts';

const PUBLIC = {
  buckets: [
    {
      name: 'public-bucket',
      isPublic: true,
      cors: [{ allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: ['*'] }],
    },
  ],
};

describe('Files Not Accessible', () => {
  it('bucket policy: a public bucket (versitygw)', async ({ skip }) => {
    if (s3 === null) skip();
    await asOwner(server(), 'PUT', 'public-read');
    const statement = {
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetObject'],
      Resource: ['arn:aws:s3:::public-read/*'],
    };
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    expect((await asOwner(server(), 'PUT', 'public-read?policy=', policy)).ok).toBe(true);
    const { accessKeyId, secretAccessKey } = server();
    const place = realPlace(server(), { accessKeyId, secretAccessKey });
    expect(await test(place, { bucket: 'public-read' })).toMatchObject({
      report: { publiclyReadable: true },
    });
    expect(await test(place)).toMatchObject({ report: { publiclyReadable: false } });
  });

  it('bucket policy and CORS: a public bucket with a rule for everybody (strict S3 stand-in)', async () => {
    const found = await test(await strictPlace(PUBLIC));
    expect(found).toMatchObject({
      report: { ok: true, publiclyReadable: true, cors: true },
      learned: { visitors: { 'public-bucket': { publiclyReadable: true, cors: true } } },
    });
    expect(find(found, 'visitors')).toMatchObject({
      status: 'pass',
      message: 'Anybody can read the files by their URL.',
    });
  });

  it('bucket policy and CORS: a private bucket (strict S3 stand-in)', async () => {
    const found = await test(await strictPlace());
    expect(found.report).toMatchObject({ ok: true, publiclyReadable: false, cors: false });
    expect(find(found, 'visitors')).toMatchObject({
      status: 'warn',
      message: 'Visitors cannot read the files: their URLs need credentials.',
      hint: expect.stringMatching(/bucket policy.*CloudFront.*presignedUrlSeconds/),
    });
    expect(find(found, 'cors')).toMatchObject({
      status: 'warn',
      hint: expect.stringContaining('add a CORS rule for GET to the bucket'),
    });
  });

  it('CORS: rules for some origins do not count as rules for all (strict S3 stand-in)', async () => {
    const cors = [{ allowedOrigins: ['https://*.example.org'], allowedMethods: ['GET'] }];
    const found = await test(await strictPlace({ buckets: [{ name: 'some', isPublic: true, cors }] }));
    expect(found.report).toMatchObject({ publiclyReadable: true, cors: false });
  });

  it('CloudFront: the check reads through the CDN (strict S3 stand-ins)', async () => {
    const cdn = await strictPlace(PUBLIC);
    const place = await strictPlace();
    const publicBaseUrl = `${cdn.standIn.endpoint}/public-bucket`;
    const ctx = { ...place.ctx, config: { ...place.ctx.config, EGRESS_ALLOW: 'storage:127.0.0.1' } };
    expect(await test({ ...place, ctx }, { publicBaseUrl })).toMatchObject({
      report: { ok: true, publiclyReadable: false, cors: true },
    });
    const asked = (await cdn.standIn.read()).requests.map(({ path, signedBy }) => [path, signedBy]);
    const visit = ['/public-bucket/.importly-connection-test', 'anonymous'];
    expect(asked).toEqual([visit, visit]);
    // The operator no longer allows the host, so nothing is sent there.
    expect(await test(place, { publicBaseUrl })).toMatchObject({
      report: { ok: true, publiclyReadable: null },
    });
    expect((await cdn.standIn.read()).requests).toHaveLength(2);
  });

  it('presigned URLs: for credentials that may read, and for those that may not (strict S3 stand-in)', async () => {
    const place = await strictPlace();
    const allowed = await test(place, { presignedUrlSeconds: 600 }, ADMIN);
    expect(find(allowed, 'read')).toMatchObject({ status: 'pass' });
    expect(find(allowed, 'visitors')).toMatchObject({
      status: 'pass',
      message: 'Only people who have a presigned link can read the files.',
    });
    expect(find(await test(place, { presignedUrlSeconds: 600 }), 'read')).toEqual({
      name: 'read',
      status: 'warn',
      message:
        'The credentials cannot read stored objects, so the storage will refuse the presigned links that the settings ask for. (HTTP 403, AccessDenied)',
      hint: 'Grant s3:GetObject to these credentials if you need this. Imports work without it.',
      code: 'storage_access_denied',
    });
  });
});
