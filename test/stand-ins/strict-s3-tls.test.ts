/** The strict S3 stand-in over TLS: clients that trust its certificate can connect, others refuse it. */
import { once } from 'node:events';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN } from '../support/strict-s3/signing/account.ts';
import { makeLoopbackCertificate } from '../support/strict-s3/loopback-certificate.ts';
import { sendSigned, signRequest } from '../support/strict-s3/signing/signed-client.ts';
import { startStrictS3, type StrictS3 } from '../support/strict-s3/strict-s3.ts';

let server: StrictS3;
let cert: string;

beforeAll(async () => {
  const tls = await makeLoopbackCertificate();
  cert = tls.cert;
  server = await startStrictS3({ tls });
});
afterAll(async () => server.stop());

describe('strict S3 stand-in over TLS', () => {
  const body = 'bytes';

  it('stores for a client that trusts its certificate', async () => {
    const client = { endpoint: server.endpoint, region: server.region, account: ADMIN };
    const { url, headers } = await signRequest(client, 'PUT', '/test-bucket/key');
    const outgoing = request(url, {
      method: 'PUT',
      ca: cert,
      headers: { ...headers, 'content-length': String(body.length) },
    });
    outgoing.end(body);
    const [response] = await once(outgoing, 'response');
    expect(response.resume().statusCode).toBe(200);
    expect(server.objects.get('key')?.body.toString()).toBe(body);
  });

  it('is refused by a client that does not', async () => {
    const client = { endpoint: server.endpoint, region: server.region, account: ADMIN };
    const sent = sendSigned(client, 'PUT', '/test-bucket/other', { body });
    await expect(sent).rejects.toMatchObject({ cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
    expect(server.objects.has('other')).toBe(false);
  });
});
