/** Every fault of the strict S3 stand-in, as a client sees it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN } from '../support/strict-s3/signing/account.ts';
import {
  errorCode,
  sendSigned,
  signRequest,
  type ClientOptions,
  type SignedInit,
} from '../support/strict-s3/signing/signed-client.ts';
import { startStrictS3, type StrictS3 } from '../support/strict-s3/strict-s3.ts';

let server: StrictS3;
let client: ClientOptions;

beforeAll(async () => {
  server = await startStrictS3();
  client = { endpoint: server.endpoint, region: server.region, account: ADMIN };
});
afterAll(async () => server.stop());
beforeEach(() => {
  server.faults.clear();
  server.objects.clear();
  server.requests.length = 0;
});

async function put(init: SignedInit = {}) {
  return sendSigned(client, 'PUT', '/test-bucket/key', { body: 'bytes', ...init });
}

async function answer(response: Promise<Response>) {
  const { status, ...rest } = await response.then(async (arrived) => ({
    status: arrived.status,
    code: await errorCode(arrived),
  }));
  return [status, rest.code];
}

/** The code of the cause that fetch rejects with. */
async function failure(response: Promise<Response>): Promise<unknown> {
  return response.then(
    () => 'answered',
    (error: Error) => (error.cause as { code?: string } | undefined)?.code ?? error.name,
  );
}

async function startUpload() {
  const created = await sendSigned(client, 'POST', '/test-bucket/key?uploads');
  const uploadId = /<UploadId>([^<]+)</.exec(await created.text())?.[1] ?? '';
  const part = await sendSigned(client, 'PUT', `/test-bucket/key?partNumber=1&uploadId=${uploadId}`, {
    body: 'bytes',
  });
  const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.get('etag')}</ETag></Part></CompleteMultipartUpload>`;
  return { target: `/test-bucket/key?uploadId=${uploadId}`, body };
}

describe('strict S3 stand-in: faults', () => {
  it('503 SlowDown is sent for the set number of requests', async () => {
    server.faults.add({
      operation: 'PutObject',
      kind: 'error',
      code: 'SlowDown',
      times: 2,
      retryAfterSeconds: 1,
    });
    expect((await put()).headers.get('retry-after')).toBe('1');
    expect(await answer(put())).toEqual([503, 'SlowDown']);
    expect(await answer(put())).toEqual([200, '']);
    expect(server.faults.pending).toEqual([]);
  });

  it('RequestTimeout, a failed abort and a conflict are refusals with their codes', async () => {
    server.faults.add({ operation: 'PutObject', kind: 'error', code: 'RequestTimeout' });
    server.faults.add({ operation: 'AbortMultipartUpload', kind: 'error', code: 'AccessDenied' });
    server.faults.add({ operation: 'PutObject', kind: 'error', code: 'ConditionalRequestConflict' });
    expect(await answer(put())).toEqual([400, 'RequestTimeout']);
    expect(await answer(put())).toEqual([409, 'ConditionalRequestConflict']);
    const { target } = await startUpload();
    expect(await answer(sendSigned(client, 'DELETE', target))).toEqual([403, 'AccessDenied']);
    expect(await answer(sendSigned(client, 'DELETE', target))).toEqual([204, '']);
  });

  it('a fault affects only its operation', async () => {
    server.faults.add({ operation: 'UploadPart', kind: 'error', code: 'InternalError' });
    expect(await answer(put())).toEqual([200, '']);
    expect(server.faults.pending).toHaveLength(1);
  });

  it('a refused header is answered with 501, and requests without it succeed', async () => {
    server.faults.add({ operation: 'any', kind: 'refusesHeader', header: 'x-amz-tagging', times: Infinity });
    expect(await answer(put({ headers: { 'x-amz-tagging': 'a=1' } }))).toEqual([501, 'NotImplemented']);
    expect(await answer(put())).toEqual([200, '']);
    expect(await answer(put({ headers: { 'x-amz-tagging': 'a=1' } }))).toEqual([501, 'NotImplemented']);
  });

  it('an error in an answer 200 completes nothing', async () => {
    const { target, body } = await startUpload();
    server.faults.add({ operation: 'CompleteMultipartUpload', kind: 'errorInOk', code: 'InternalError' });
    const response = await sendSigned(client, 'POST', target, { body });
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringMatching(/\?>\s{64,}<Error><Code>InternalError</),
    ]);
    expect(server.objects.size).toBe(0);
    expect(await answer(sendSigned(client, 'POST', target, { body }))).toEqual([200, '']);
  });

  it('a lost answer of Complete stores the object, and a second Complete finds no upload', async () => {
    const { target, body } = await startUpload();
    server.faults.add({ operation: 'CompleteMultipartUpload', kind: 'lostAnswer' });
    expect(await failure(sendSigned(client, 'POST', target, { body }))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(server.objects.get('key')?.body.toString()).toBe('bytes');
    expect(await answer(sendSigned(client, 'POST', target, { body }))).toEqual([404, 'NoSuchUpload']);
  });

  it('a reset in the middle of a body stores nothing', async () => {
    server.faults.add({ operation: 'PutObject', kind: 'reset', afterBytes: 100_000 });
    expect(await failure(put({ body: new Uint8Array(20_000_000) }))).toMatch(
      /ECONNRESET|EPIPE|UND_ERR_SOCKET/,
    );
    expect(server.objects.size).toBe(0);
    expect(server.requests).toMatchObject([{ operation: 'PutObject', status: null }]);
  });

  it('silence lasts until the client gives up', async () => {
    server.faults.add({ operation: 'PutObject', kind: 'silence' });
    const { url, headers } = await signRequest(client, 'PUT', '/test-bucket/key');
    const abort = new AbortController();
    const response = fetch(url, { method: 'PUT', headers, body: 'bytes', signal: abort.signal });
    await expect.poll(() => server.requests[0]?.bodySizeBytes).toBe(5);
    abort.abort();
    await expect(response).rejects.toThrow('aborted');
    expect([server.objects.size, server.requests[0]?.status]).toEqual([0, null]);
  });

  it('a web page, a redirect and ten megabytes of XML can be the answer', async () => {
    server.faults.add({ operation: 'PutObject', kind: 'html', status: 200 });
    server.faults.add({
      operation: 'PutObject',
      kind: 'redirect',
      status: 302,
      location: 'http://127.0.0.1:1/elsewhere',
    });
    server.faults.add({ operation: 'PutObject', kind: 'hugeXml', sizeBytes: 10_000_000 });
    const page = await put();
    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
      200,
      'text/html',
      expect.stringContaining('<html>'),
    ]);
    const redirect = await put();
    expect([redirect.status, redirect.headers.get('location')]).toEqual([
      302,
      'http://127.0.0.1:1/elsewhere',
    ]);
    expect((await (await put()).arrayBuffer()).byteLength).toBeGreaterThan(10_000_000);
    expect(server.objects.size).toBe(0);
  });

  it('a client can disconnect in the middle of the ten megabytes', async () => {
    server.faults.add({ operation: 'PutObject', kind: 'hugeXml', sizeBytes: 10_000_000 });
    const response = await put();
    await response.body?.cancel();
    expect(await answer(put())).toEqual([200, '']);
  });

  it('a wrong clock refuses requests, and the Date header shows it', async () => {
    server.faults.add({ operation: 'PutObject', kind: 'skewedClock', offsetMs: 3_600_000 });
    const response = await put();
    const aheadMs = Date.parse(response.headers.get('date') ?? '') - Date.now();
    expect([response.status, await errorCode(response)]).toEqual([403, 'RequestTimeTooSkewed']);
    expect(Math.abs(aheadMs - 3_600_000)).toBeLessThan(60_000);
  });

  it('stop ends at once even if a request still waits for its answer', async () => {
    const other = await startStrictS3();
    other.faults.add({ operation: 'any', kind: 'silence' });
    const waiting = failure(fetch(`${other.endpoint}/test-bucket/key`));
    await expect.poll(() => other.requests.length).toBe(1);
    await other.stop();
    expect(await waiting).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  });
});
