/** What tests can see of the strict S3 stand-in in addition to its answers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendSigned } from '../support/strict-s3/signing/signed-client.ts';
import { startStrictS3, type StrictS3 } from '../support/strict-s3/strict-s3.ts';

const TEMPORARY = {
  accessKeyId: 'STANDINTEMP000000001',
  secretAccessKey: 'temporary/secret',
  sessionToken: 'token/of+a=session',
};

let server: StrictS3;

beforeAll(async () => {
  server = await startStrictS3({ accounts: [{ ...TEMPORARY, actions: '*' }] });
});
afterAll(async () => server.stop());

describe('strict S3 stand-in: its log', () => {
  it('names the stand-in and its profile in every answer', async () => {
    const response = await fetch(server.endpoint);
    expect(response.headers.get('server')).toBe('strict-s3-stand-in (aws)');
    expect(response.headers.get('x-stand-in')).toContain('Amazon S3 API reference');
    expect(server.name).toBe('strict S3 stand-in (aws)');
  });

  it('logs each request without signature, credential or token', async () => {
    server.requests.length = 0;
    const client = { endpoint: server.endpoint, region: server.region, account: TEMPORARY };
    await sendSigned(client, 'PUT', '/test-bucket/key', { body: 'bytes' });
    await sendSigned(client, 'GET', '/test-bucket/key', { expiresSeconds: 60 });
    expect(server.requests).toMatchObject([
      {
        method: 'PUT',
        path: '/test-bucket/key',
        operation: 'PutObject',
        signedBy: 'header',
        accessKeyId: TEMPORARY.accessKeyId,
        bodySizeBytes: 5,
        status: 200,
        code: null,
      },
      {
        method: 'GET',
        operation: 'GetObject',
        signedBy: 'query',
        query: { 'X-Amz-Expires': '60' },
        status: 200,
      },
    ]);
    expect(JSON.stringify(server.requests)).not.toMatch(/signature=|credential|authorization|token\/of/i);
  });
});
