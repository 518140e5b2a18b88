/**
 * The worked examples of AWS's "Signature Calculations for the Authorization Header" and "Authenticating Requests:
 * Using Query Parameters", to the byte: by the stand-in's own code, by the library that the Worker signs with, and
 * over the wire.
 */
import { AwsV4Signer } from 'aws4fetch';
import { request as sendHttp } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  canonicalRequest,
  sha256Hex,
  signature,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from '../support/strict-s3/signing/sigv4.ts';
import { startStrictS3, type StrictS3 } from '../support/strict-s3/strict-s3.ts';

const HOST = 'examplebucket.s3.amazonaws.com';
const ACCOUNT = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const TIMESTAMP = '20130524T000000Z';
const SCOPE = { date: '20130524', region: 'us-east-1', service: 's3' };
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const SIGNED_BY_HASH = { 'x-amz-content-sha256': EMPTY_HASH, 'x-amz-date': TIMESTAMP };

const EXAMPLES = [
  {
    name: 'GET object',
    method: 'GET',
    target: '/test.txt',
    headers: { range: 'bytes=0-9', ...SIGNED_BY_HASH },
    canonicalHash: '7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972',
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    status: 206,
  },
  {
    name: 'PUT object',
    method: 'PUT',
    target: '/test$file.text',
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-date': TIMESTAMP,
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    body: 'Welcome to Amazon S3.',
    canonicalHash: '9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    status: 200,
  },
  {
    name: 'GET bucket lifecycle',
    method: 'GET',
    target: '/?lifecycle',
    headers: SIGNED_BY_HASH,
    canonicalHash: '9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca',
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    status: 501,
  },
  {
    name: 'list objects',
    method: 'GET',
    target: '/?max-keys=2&prefix=J',
    headers: SIGNED_BY_HASH,
    canonicalHash: 'df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7',
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    status: 501,
  },
];

const PRESIGNED = {
  parameters: [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'],
    ['X-Amz-Date', TIMESTAMP],
    ['X-Amz-Expires', '86400'],
    ['X-Amz-SignedHeaders', 'host'],
  ] as const,
  canonicalHash: '3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04',
  signature: 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
};

function readTarget(target: string) {
  const url = new URL(`https://${HOST}${target}`);
  return { path: decodeURIComponent(url.pathname), queryPairs: [...url.searchParams] };
}

function send(endpoint: string, method: string, target: string, headers: Record<string, string>, body = '') {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const outgoing = sendHttp(
      endpoint + target,
      { method, headers: { host: HOST, ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    outgoing.on('error', reject).end(body);
  });
}

describe.each(EXAMPLES)("AWS's published example: $name", (example) => {
  const headers = new Map(Object.entries({ host: HOST, ...example.headers }));
  const signedHeaders = [...headers.keys()];

  it('has the signature that the stand-in computes', () => {
    const payloadHash = example.headers['x-amz-content-sha256'];
    const canonical = canonicalRequest({
      method: example.method,
      ...readTarget(example.target),
      headers,
      signedHeaders,
      payloadHash,
    });
    expect(sha256Hex(canonical)).toBe(example.canonicalHash);
    const text = stringToSign(TIMESTAMP, SCOPE, canonical);
    expect(signature(ACCOUNT.secretAccessKey, SCOPE, text)).toBe(example.signature);
  });

  it('has the signature that the library of the Worker computes', async () => {
    const signer = new AwsV4Signer({
      ...ACCOUNT,
      method: example.method,
      url: `https://${HOST}${example.target}`,
      headers: example.headers,
      service: 's3',
      region: 'us-east-1',
      datetime: TIMESTAMP,
      allHeaders: true,
    });
    expect(sha256Hex(await signer.canonicalString())).toBe(example.canonicalHash);
    const { headers: signed } = await signer.sign();
    expect(signed.get('authorization')).toMatch(new RegExp(`Signature=${example.signature}$`));
  });
});

describe("AWS's published example: presigned GET", () => {
  it('has the signature that the stand-in computes', () => {
    const headers = new Map([['host', HOST]]);
    const input = {
      method: 'GET',
      path: '/test.txt',
      queryPairs: PRESIGNED.parameters,
      headers,
      signedHeaders: ['host'],
    };
    const canonical = canonicalRequest({ ...input, payloadHash: UNSIGNED_PAYLOAD });
    expect(sha256Hex(canonical)).toBe(PRESIGNED.canonicalHash);
    const text = stringToSign(TIMESTAMP, SCOPE, canonical);
    expect(signature(ACCOUNT.secretAccessKey, SCOPE, text)).toBe(PRESIGNED.signature);
  });

  it('has the signature that the library of the Worker computes', async () => {
    const url = `https://${HOST}/test.txt`;
    const options = {
      ...ACCOUNT,
      url,
      method: 'GET',
      service: 's3',
      region: 'us-east-1',
      datetime: TIMESTAMP,
      signQuery: true,
    };
    const signer = new AwsV4Signer(options);
    expect(sha256Hex(await signer.canonicalString())).toBe(PRESIGNED.canonicalHash);
    const signed = await signer.sign();
    expect(signed.url.searchParams.get('X-Amz-Signature')).toBe(PRESIGNED.signature);
  });
});

describe("AWS's published examples, sent to the strict S3 stand-in at their own date", () => {
  let server: StrictS3;

  beforeAll(async () => {
    server = await startStrictS3({
      region: 'us-east-1',
      buckets: [{ name: 'examplebucket' }],
      accounts: [{ ...ACCOUNT, actions: '*' }],
      virtualHostBase: 's3.amazonaws.com',
      now: () => Date.UTC(2013, 4, 24),
    });
    const body = Buffer.from('0123456789 and more');
    server.objects.set('test.txt', { body, headers: new Map(), etag: '"e"', storedAtMs: 0 });
  });
  afterAll(async () => server.stop());

  it.each(EXAMPLES)('accepts $name, and refuses it with one digit changed', async (example) => {
    const credential = `${ACCOUNT.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
    const names = ['host', ...Object.keys(example.headers)].sort().join(';');
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=`;
    const headers = { ...example.headers, authorization: authorization + example.signature };
    const good = await send(server.endpoint, example.method, example.target, headers, example.body);
    expect(good.status).toBe(example.status);
    const wrong = authorization + example.signature.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    const bad = await send(
      server.endpoint,
      example.method,
      example.target,
      { ...headers, authorization: wrong },
      example.body,
    );
    expect(bad.status).toBe(403);
    expect(bad.text).toContain('<Code>SignatureDoesNotMatch</Code>');
  });

  it('accepts the presigned GET', async () => {
    const query = new URLSearchParams(Object.fromEntries(PRESIGNED.parameters));
    query.set('X-Amz-Signature', PRESIGNED.signature);
    const answer = await send(server.endpoint, 'GET', `/test.txt?${query.toString()}`, {});
    expect(answer).toEqual({ status: 200, text: '0123456789 and more' });
  });
});
