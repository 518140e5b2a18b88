/** The strict S3 stand-in, started and controlled over HTTP, as tests in workerd do it. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, PUT_ONLY } from '../support/strict-s3/signing/account.ts';
import { startStrictS3Control } from '../support/strict-s3/control.ts';
import { startRemoteStrictS3, type RemoteStrictS3 } from '../support/strict-s3/remote.ts';
import { sendSigned, type ClientOptions } from '../support/strict-s3/signing/signed-client.ts';

let control: Awaited<ReturnType<typeof startStrictS3Control>>;
let remote: RemoteStrictS3;
let client: ClientOptions;

beforeAll(async () => {
  control = await startStrictS3Control();
  remote = await startRemoteStrictS3(control.url, { profile: 'r2', buckets: [{ name: 'media' }] });
  client = { endpoint: remote.endpoint, region: remote.region, account: PUT_ONLY };
});
afterAll(async () => control.stop());

describe('strict S3 stand-in, controlled over HTTP', () => {
  it('has the options that it was started with', () => {
    expect(remote).toMatchObject({ name: 'strict S3 stand-in (r2)', region: 'auto', bucket: 'media' });
  });

  it('shows objects with their digests, unfinished uploads, requests and pending faults', async () => {
    await remote.addFault({ operation: 'PutObject', kind: 'error', code: 'SlowDown' });
    await remote.addFault({
      operation: 'AbortMultipartUpload',
      kind: 'error',
      code: 'AccessDenied',
      times: 5,
    });
    const put = async () =>
      (
        await sendSigned(client, 'PUT', '/media/key', {
          body: 'bytes',
          headers: { 'content-type': 'video/mp4' },
        })
      ).status;
    expect([await put(), await put()]).toEqual([503, 200]);
    await sendSigned({ ...client, account: ADMIN }, 'POST', '/media/other?uploads');
    const state = await remote.read();
    const sha256 = createHash('sha256').update('bytes').digest('hex');
    const object = { key: 'key', sizeBytes: 5, sha256, headers: { 'content-type': 'video/mp4' } };
    expect(state.buckets['media']).toMatchObject({ objects: [object], uploadIds: [expect.any(String)] });
    expect(state.requests.map(({ operation, status }) => [operation, status])).toEqual([
      ['PutObject', 503],
      ['PutObject', 200],
      ['CreateMultipartUpload', 200],
    ]);
    expect(state.pendingFaults).toBe(1);
    await remote.clearFaults();
    expect((await remote.read()).pendingFaults).toBe(0);
  });

  it('does not exist after its stop, and answers with an error', async () => {
    const other = await startRemoteStrictS3(control.url);
    await other.stop();
    await expect(fetch(other.endpoint)).rejects.toThrow('fetch failed');
    await expect(other.read()).rejects.toThrow('404');
  });
});
