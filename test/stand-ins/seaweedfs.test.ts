/** The SeaweedFS of the tests has the features that the tests need: encryption, storage classes and tags. */
import { afterAll, describe, expect, it } from 'vitest';
import { startSeaweedfs } from '../support/s3-servers/seaweedfs.ts';
import {
  encodeKey,
  errorCode,
  sendSigned,
  type ClientOptions,
  type SignedInit,
} from '../support/strict-s3/signing/signed-client.ts';

const server = await startSeaweedfs();
afterAll(async () => server?.stop());

describe.skipIf(server === null)('SeaweedFS', () => {
  const admin = {
    endpoint: server?.endpoint ?? '',
    region: server?.region ?? '',
    account: server ?? { accessKeyId: '', secretAccessKey: '' },
  };
  const putOnly = { ...admin, account: server?.putOnly ?? admin.account };

  async function answer(client: ClientOptions, method: string, target: string, init: SignedInit = {}) {
    const response = await sendSigned(client, method, target, init);
    return [response.status, await errorCode(response)];
  }

  it('stores an object with class, encryption and tags, and returns them', async () => {
    const target = `/test-bucket/${encodeKey('folder/ünï + %25.mp4')}`;
    const headers = {
      'content-type': 'video/mp4',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-tagging': 'a=1&b=2',
    };
    expect(await answer(admin, 'PUT', target, { body: 'bytes', headers })).toEqual([200, '']);
    const get = await sendSigned(admin, 'GET', target);
    expect(await get.text()).toBe('bytes');
    expect(Object.fromEntries(get.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-tagging-count': '2',
    });
  });

  it('completes an encrypted object from two parts', async () => {
    const [first, last] = [new Uint8Array(5 * 1024 * 1024).fill(1), new Uint8Array([2, 3])];
    const created = await sendSigned(putOnly, 'POST', '/test-bucket/parts?uploads=', {
      headers: { 'x-amz-server-side-encryption': 'AES256' },
    });
    const uploadId = /<UploadId>([^<]+)</.exec(await created.text())?.[1] ?? '';
    const parts = [];
    for (const [index, body] of [first, last].entries()) {
      const sent = await sendSigned(
        putOnly,
        'PUT',
        `/test-bucket/parts?partNumber=${index + 1}&uploadId=${uploadId}`,
        { body },
      );
      parts.push(
        `<Part><PartNumber>${index + 1}</PartNumber><ETag>${sent.headers.get('etag')}</ETag></Part>`,
      );
    }
    const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
    expect(await answer(putOnly, 'POST', `/test-bucket/parts?uploadId=${uploadId}`, { body })).toEqual([
      200,
      '',
    ]);
    const stored = await sendSigned(admin, 'GET', '/test-bucket/parts');
    expect(Buffer.from(await stored.arrayBuffer()).equals(Buffer.concat([first, last]))).toBe(true);
    expect(stored.headers.get('x-amz-server-side-encryption')).toBe('AES256');
  });

  it('refuses reads and aborts of the write-only account, a wrong secret, and another bucket', async () => {
    const { accessKeyId } = admin.account;
    const stranger = { ...admin, account: { accessKeyId, secretAccessKey: 'wrong' } };
    expect(await answer(putOnly, 'GET', '/test-bucket/parts')).toEqual([403, 'AccessDenied']);
    expect(await answer(putOnly, 'DELETE', '/test-bucket/parts?uploadId=x')).toEqual([403, 'AccessDenied']);
    expect(await answer(stranger, 'PUT', '/test-bucket/key', { body: 'x' })).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
    expect(await answer(admin, 'PUT', '/no-bucket/key', { body: 'x' })).toEqual([404, 'NoSuchBucket']);
  });
});
