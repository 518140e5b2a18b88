/** The strict S3 stand-in, started and steered over HTTP, as tests in workerd do it. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, PUT_ONLY } from '../support/strict-s3/account.ts';
import { startStrictS3Control } from '../support/strict-s3/control.ts';
import { startRemoteStrictS3, type RemoteStrictS3 } from '../support/strict-s3/remote.ts';
import { sendSigned, type ClientOptions } from '../support/strict-s3/signed-client.ts';

let control: Awaited<ReturnType<typeof startStrictS3Control>>;
let remote: RemoteStrictS3;
let client: ClientOptions;

beforeAll(async () => {
  control = await startStrictS3Control();
  remote = await startRemoteStrictS3(control.url, { profile: 'r2', buckets: [{ name: 'media' }] });
  client = { endpoint: remote.endpoint, region: remote.region, account: PUT_ONLY };
});
afterAll(async () => control.stop());

describe('strict S3 stand-in, steered over HTTP', () => {
  it('is what it was asked to be', () => {
    expect(remote).toMatchObject({ name: 'strict S3 stand-in (r2)', region: 'auto', bucket: 'media' });
  });

  it('shows objects by digest, unfinished uploads, requests, and faults that wait', async () => {
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

  it('is gone after its stop, and asking it for more is an error', async () => {
    const other = await startRemoteStrictS3(control.url);
    await other.stop();
    await expect(fetch(other.endpoint)).rejects.toThrow('fetch failed');
    await expect(other.read()).rejects.toThrow('404');
  });
});
