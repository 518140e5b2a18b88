/** The strict S3 stand-in accepts valid signatures, and refuses each invalid one with the error of S3. */
import { AwsV4Signer } from 'aws4fetch';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN } from '../support/strict-s3/signing/account.ts';
import {
  encodeKey,
  errorCode,
  sendSigned,
  signRequest,
  signingTime,
  type ClientOptions,
  type SignedInit,
} from '../support/strict-s3/signing/signed-client.ts';
import { canonicalRequest, signature, stringToSign } from '../support/strict-s3/signing/sigv4.ts';
import { startStrictS3, type StrictS3 } from '../support/strict-s3/strict-s3.ts';

const MINUTE_MS = 60_000;
const TEMPORARY = {
  accessKeyId: 'STANDINTEMP000000001',
  secretAccessKey: 'temporary/secret',
  sessionToken: 'token/of+a=session',
};

let server: StrictS3;
let client: ClientOptions;

beforeAll(async () => {
  server = await startStrictS3({ accounts: [ADMIN, { ...TEMPORARY, actions: '*' }] });
  client = { endpoint: server.endpoint, region: server.region, account: ADMIN };
});
afterAll(async () => server.stop());
beforeEach(() => server.objects.clear());

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function refusal(init: SignedInit = {}, options: ClientOptions = client) {
  const response = await sendSigned(options, 'PUT', '/test-bucket/key', { body: 'bytes', ...init });
  return [response.status, await errorCode(response)];
}

describe('strict S3 stand-in: accepted signatures', () => {
  const KEYS = [
    'plain',
    'with space',
    'plus+percent%25',
    'ünïcödé/日本語/🎬.mp4',
    "quotes '()*!",
    'a=b&c;d,e@f:g$',
    '%2e%2e-literal',
  ];

  it.each(KEYS)('header-signed and presigned for the key "%s"', async (key) => {
    const target = `/test-bucket/${encodeKey(key)}`;
    const put = await sendSigned(client, 'PUT', target, {
      body: `bytes of ${key}`,
      headers: { 'content-type': 'video/mp4' },
    });
    expect(put.status).toBe(200);
    expect([...server.objects.keys()]).toEqual([key]);
    const get = await sendSigned(client, 'GET', target, { expiresSeconds: 60 });
    expect([get.status, await get.text()]).toEqual([200, `bytes of ${key}`]);
  });

  it('with the real SHA-256 of the body, and with parameters that have no value', async () => {
    const headers = { 'x-amz-content-sha256': sha256('bytes') };
    expect((await sendSigned(client, 'PUT', '/test-bucket/key', { body: 'bytes', headers })).status).toBe(
      200,
    );
    expect((await sendSigned(client, 'POST', '/test-bucket/key?uploads')).status).toBe(200);
  });

  it('temporary credentials, only with their token', async () => {
    const good = await refusal({}, { ...client, account: TEMPORARY });
    const { sessionToken, ...permanent } = TEMPORARY;
    const none = await refusal({}, { ...client, account: permanent });
    const other = await refusal(
      {},
      { ...client, account: { ...permanent, sessionToken: `${sessionToken}x` } },
    );
    expect([good, none, other]).toEqual([
      [200, ''],
      [400, 'InvalidToken'],
      [400, 'InvalidToken'],
    ]);
  });
});

describe('strict S3 stand-in: refused signatures, which store nothing', () => {
  it.each<[string, number, string, () => Promise<unknown[]>]>([
    [
      'an unknown key id',
      403,
      'InvalidAccessKeyId',
      () => refusal({}, { ...client, account: { ...ADMIN, accessKeyId: 'NOBODY' } }),
    ],
    [
      'a wrong secret',
      403,
      'SignatureDoesNotMatch',
      () => refusal({}, { ...client, account: { ...ADMIN, secretAccessKey: 'x' } }),
    ],
    [
      'a wrong secret, presigned',
      403,
      'SignatureDoesNotMatch',
      () => refusal({ expiresSeconds: 60 }, { ...client, account: { ...ADMIN, secretAccessKey: 'x' } }),
    ],
    [
      'a wrong region',
      400,
      'AuthorizationHeaderMalformed',
      () => refusal({}, { ...client, region: 'us-east-1' }),
    ],
    [
      'a wrong region, presigned',
      400,
      'AuthorizationQueryParametersError',
      () => refusal({ expiresSeconds: 60 }, { ...client, region: 'us-east-1' }),
    ],
    [
      'a clock 16 minutes slow',
      403,
      'RequestTimeTooSkewed',
      () => refusal({ signedAtMs: Date.now() - 16 * MINUTE_MS }),
    ],
    [
      'a clock 16 minutes fast',
      403,
      'RequestTimeTooSkewed',
      () => refusal({ signedAtMs: Date.now() + 16 * MINUTE_MS }),
    ],
    [
      'a presigned URL that has expired',
      403,
      'AccessDenied',
      () => refusal({ expiresSeconds: 60, signedAtMs: Date.now() - 2 * MINUTE_MS }),
    ],
    [
      'a presigned URL of tomorrow',
      403,
      'AccessDenied',
      () => refusal({ expiresSeconds: 60, signedAtMs: Date.now() + 1440 * MINUTE_MS }),
    ],
    [
      'a presigned URL for more than a week',
      400,
      'AuthorizationQueryParametersError',
      () => refusal({ expiresSeconds: 604_801 }),
    ],
    [
      'a hash of other bytes',
      400,
      'XAmzContentSHA256Mismatch',
      () => refusal({ headers: { 'x-amz-content-sha256': sha256('other') } }),
    ],
    [
      'a hash that is none',
      400,
      'InvalidArgument',
      () => refusal({ headers: { 'x-amz-content-sha256': 'none' } }),
    ],
    [
      'a chunked signature',
      501,
      'NotImplemented',
      () => refusal({ headers: { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' } }),
    ],
    [
      'an aws-chunked body',
      501,
      'NotImplemented',
      () => refusal({ headers: { 'content-encoding': 'aws-chunked' } }),
    ],
  ])('%s: %i %s', async (_, status, code, send) => {
    expect(await send()).toEqual([status, code]);
    expect(server.objects.size).toBe(0);
  });

  async function sendChanged(
    change: (signed: { url: string; headers: Record<string, string> }) => void,
    init: SignedInit = {},
  ) {
    const signed = await signRequest(client, 'PUT', '/test-bucket/key', init);
    change(signed);
    const response = await fetch(signed.url, { method: 'PUT', headers: signed.headers, body: 'bytes' });
    return [response.status, await errorCode(response)];
  }

  it('an unsigned x-amz- header, in both ways of signing', async () => {
    const addAcl = (signed: { headers: Record<string, string> }) =>
      void (signed.headers['x-amz-acl'] = 'public-read');
    expect(await sendChanged(addAcl)).toEqual([403, 'AccessDenied']);
    expect(await sendChanged(addAcl, { expiresSeconds: 60 })).toEqual([403, 'AccessDenied']);
  });

  it('another key, another parameter or another header than was signed', async () => {
    expect(await sendChanged((signed) => void (signed.url = signed.url.replace('/key', '/other')))).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
    expect(await sendChanged((signed) => void (signed.url += '?x=1'))).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
    const signedClass = { headers: { 'x-amz-storage-class': 'STANDARD' } };
    const changeClass = (signed: { headers: Record<string, string> }) =>
      void (signed.headers['x-amz-storage-class'] = 'GLACIER');
    expect(await sendChanged(changeClass, signedClass)).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it('a longer validity than was signed, and two signatures at once', async () => {
    const lengthen = (signed: { url: string }) =>
      void (signed.url = signed.url.replace('Expires=60', 'Expires=6000'));
    expect(await sendChanged(lengthen, { expiresSeconds: 60 })).toEqual([403, 'SignatureDoesNotMatch']);
    const addHeader = (signed: { headers: Record<string, string> }) =>
      void (signed.headers['authorization'] = 'AWS4-HMAC-SHA256 x');
    expect(await sendChanged(addHeader, { expiresSeconds: 60 })).toEqual([400, 'InvalidArgument']);
  });

  it.each([
    ['Basic dXNlcjpwYXNz', 'InvalidRequest'],
    ['AWS4-HMAC-SHA256 Credential=x', 'AuthorizationHeaderMalformed'],
    [
      'AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request,SignedHeaders=host,Signature=short',
      'AuthorizationHeaderMalformed',
    ],
  ])('the Authorization header "%s": %s', async (authorization, code) => {
    expect(await sendChanged((signed) => void (signed.headers['authorization'] = authorization))).toEqual([
      400,
      code,
    ]);
  });

  it('a signature for another service, or with a date that is not its own', async () => {
    const sign = async (service: string, datetime: string) => {
      const url = `${server.endpoint}/test-bucket/key`;
      const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
      const signer = new AwsV4Signer({
        ...ADMIN,
        method: 'PUT',
        url,
        headers,
        service,
        region: server.region,
        datetime,
      });
      const response = await fetch(url, {
        method: 'PUT',
        headers: (await signer.sign()).headers,
        body: 'bytes',
      });
      return [response.status, await errorCode(response)];
    };
    expect(await sign('execute-api', '20260101T000000Z')).toEqual([400, 'AuthorizationHeaderMalformed']);
    expect(await sign('s3', 'yesterday')).toEqual([403, 'AccessDenied']);
  });

  it('a presigned URL with a payload hash, which is not documented', async () => {
    const headers = { 'x-amz-content-sha256': sha256('bytes') };
    expect(await refusal({ headers, expiresSeconds: 60 })).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it('a valid signature that does not cover the host', async () => {
    const [timestamp, payloadHash] = [signingTime(Date.now()), 'UNSIGNED-PAYLOAD'];
    const scope = { date: timestamp.slice(0, 8), region: server.region, service: 's3' };
    const headers = { 'x-amz-content-sha256': payloadHash, 'x-amz-date': timestamp };
    const names = Object.keys(headers);
    const input = {
      method: 'PUT',
      path: '/test-bucket/key',
      queryPairs: [],
      payloadHash,
      signedHeaders: names,
    };
    const canonical = canonicalRequest({ ...input, headers: new Map(Object.entries(headers)) });
    const signed = signature(ADMIN.secretAccessKey, scope, stringToSign(timestamp, scope, canonical));
    const credential = `${ADMIN.accessKeyId}/${scope.date}/${scope.region}/s3/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signed}`;
    const url = `${server.endpoint}/test-bucket/key`;
    const response = await fetch(url, {
      method: 'PUT',
      headers: { ...headers, authorization },
      body: 'bytes',
    });
    expect(await response.text()).toContain('<HeadersNotSigned>host</HeadersNotSigned>');
  });

  it('a raw plus sign that was signed as a space', async () => {
    const response = await sendSigned(client, 'PUT', '/test-bucket/a+b', { body: 'bytes' });
    expect([response.status, await errorCode(response)]).toEqual([403, 'SignatureDoesNotMatch']);
  });
});
