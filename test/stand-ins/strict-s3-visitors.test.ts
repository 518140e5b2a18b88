/** Permissions on the strict S3 stand-in: a write-only account, visitors and browsers; and virtual hosts. */
import { request as sendHttp } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, PUT_ONLY } from '../support/strict-s3/signing/account.ts';
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
let putOnly: ClientOptions;

beforeAll(async () => {
  server = await startStrictS3({
    buckets: [
      { name: 'test-bucket' },
      {
        name: 'public-bucket',
        isPublic: true,
        cors: [
          {
            allowedOrigins: ['https://*.example.org'],
            allowedMethods: ['GET'],
            allowedHeaders: ['range'],
            exposeHeaders: ['etag'],
            maxAgeSeconds: 60,
          },
        ],
      },
    ],
  });
  client = { endpoint: server.endpoint, region: server.region, account: ADMIN };
  putOnly = { ...client, account: PUT_ONLY };
});
afterAll(async () => server.stop());
beforeEach(() => server.buckets.forEach((bucket) => bucket.objects.clear()));

async function put(target = '/test-bucket/key') {
  await sendSigned(client, 'PUT', target, { body: BODY });
}

describe('strict S3 stand-in: an account with s3:PutObject only', () => {
  async function answer(method: string, target: string, init: SignedInit = {}) {
    const response = await sendSigned(putOnly, method, target, init);
    return [response.status, await errorCode(response)];
  }

  it('can write, but not read, delete, abort or list', async () => {
    expect(await answer('PUT', '/test-bucket/key', { body: BODY })).toEqual([200, '']);
    expect(await answer('GET', '/test-bucket/key')).toEqual([403, 'AccessDenied']);
    expect(await answer('HEAD', '/test-bucket/key')).toEqual([403, '']);
    expect(await answer('DELETE', '/test-bucket/key')).toEqual([403, 'AccessDenied']);
    expect(await answer('HEAD', '/test-bucket')).toEqual([403, '']);
    expect(await answer('POST', '/test-bucket/key?uploads')).toEqual([200, '']);
    expect(await answer('DELETE', '/test-bucket/key?uploadId=x')).toEqual([403, 'AccessDenied']);
  });

  it('can set neither ACL nor tags, which need their own permissions', async () => {
    expect(
      await answer('PUT', '/test-bucket/key', { body: BODY, headers: { 'x-amz-acl': 'private' } }),
    ).toEqual([403, 'AccessDenied']);
    expect(
      await answer('PUT', '/test-bucket/key', { body: BODY, headers: { 'x-amz-tagging': 'a=1' } }),
    ).toEqual([403, 'AccessDenied']);
  });
});

describe('strict S3 stand-in: visitors, browsers and virtual hosts', () => {
  const preflight = {
    origin: 'https://app.example.org',
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'range',
  };

  async function visit(path: string, headers: Record<string, string> = {}, method = 'GET') {
    const response = await fetch(server.endpoint + path, { method, headers });
    return {
      status: response.status,
      origin: response.headers.get('access-control-allow-origin'),
      code: await errorCode(response),
    };
  }

  it('lets visitors read a public bucket, and nothing else', async () => {
    await put('/public-bucket/key');
    await put();
    expect(await visit('/public-bucket/key')).toMatchObject({ status: 200 });
    expect(await visit('/public-bucket/none')).toMatchObject({ status: 403, code: 'AccessDenied' });
    expect(await visit('/test-bucket/key')).toMatchObject({ status: 403, code: 'AccessDenied' });
    expect(await visit('/public-bucket/key', {}, 'DELETE')).toMatchObject({
      status: 403,
      code: 'AccessDenied',
    });
    expect(await visit('/public-bucket/key?response-content-type=a')).toMatchObject({
      status: 400,
      code: 'InvalidRequest',
    });
  });

  it('answers a preflight according to the rules of the bucket', async () => {
    const allowed = { status: 200, origin: 'https://app.example.org', code: '' };
    expect(await visit('/public-bucket/key', preflight, 'OPTIONS')).toEqual(allowed);
    const refused = { status: 403, origin: null, code: 'AccessForbidden' };
    expect(
      await visit('/public-bucket/key', { ...preflight, origin: 'https://evil.test' }, 'OPTIONS'),
    ).toEqual(refused);
    expect(
      await visit('/public-bucket/key', { ...preflight, 'access-control-request-method': 'PUT' }, 'OPTIONS'),
    ).toEqual(refused);
    expect(
      await visit(
        '/public-bucket/key',
        { ...preflight, 'access-control-request-headers': 'x-other' },
        'OPTIONS',
      ),
    ).toEqual(refused);
    expect(await visit('/test-bucket/key', preflight, 'OPTIONS')).toEqual(refused);
    expect(await visit('/test-bucket/key', {}, 'OPTIONS')).toMatchObject({ status: 400, code: 'BadRequest' });
  });

  it('adds CORS headers to answers and refusals of buckets with rules only', async () => {
    const origin = { origin: 'https://app.example.org' };
    expect(await visit('/public-bucket/none', origin)).toMatchObject({ status: 403, origin: origin.origin });
    expect(await visit('/test-bucket/key', origin)).toMatchObject({ status: 403, origin: null });
  });

  it('reads the bucket from the host', async () => {
    const host = `test-bucket.s3.localhost:${new URL(server.endpoint).port}`;
    const { headers } = await signRequest({ ...client, endpoint: `http://${host}` }, 'PUT', '/folder/key');
    const status = await new Promise<number>((resolve, reject) => {
      const options = { method: 'PUT', headers: { ...headers, host, 'content-length': '10' } };
      const outgoing = sendHttp(`${server.endpoint}/folder/key`, options, (response) =>
        resolve(response.resume().statusCode ?? 0),
      );
      outgoing.on('error', reject).end(BODY);
    });
    expect([status, [...server.objects.keys()]]).toEqual([200, ['folder/key']]);
  });

  it('answers 404 to a missing key only for accounts that may list, and deletes', async () => {
    await put();
    expect((await sendSigned(client, 'DELETE', '/test-bucket/key')).status).toBe(204);
    expect(await errorCode(await sendSigned(client, 'GET', '/test-bucket/key'))).toBe('NoSuchKey');
    expect((await sendSigned(client, 'HEAD', '/test-bucket')).headers.get('x-amz-bucket-region')).toBe(
      server.region,
    );
  });

  it('a path that is not valid UTF-8 is refused', async () => {
    const response = await fetch(`${server.endpoint}/test-bucket/%ff`);
    expect([response.status, await errorCode(response)]).toEqual([400, 'InvalidURI']);
  });
});
