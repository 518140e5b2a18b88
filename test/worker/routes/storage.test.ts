import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeApi } from '../support/make-api.ts';

const SETTINGS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  bucket: 'your-bucket',
  region: 'us-east-1',
};

describe('/storage', () => {
  it('is saved, read without secrets, changed and deleted', async () => {
    const { call } = await makeApi();
    expect((await call('GET', '/storage')).status).toBe(404);

    const saved = await (await call('PUT', '/storage', SETTINGS)).json<{ data: Record<string, unknown> }>();
    expect(saved).toMatchObject({
      success: true,
      data: { bucket: 'your-bucket', region: 'us-east-1', accessKeyIdLastFour: 'MPLE' },
    });
    const read = await (await call('GET', '/storage')).text();
    const { test, ...kept } = saved.data;
    expect(JSON.parse(read)).toEqual({ success: true, data: kept });
    // Nothing answers here, and the settings are kept all the same.
    expect(test).toMatchObject({ ok: false });
    expect(read).not.toContain(SETTINGS.secretAccessKey);
    expect(read).not.toContain(SETTINGS.accessKeyId);

    const changed = await call('PUT', '/storage', { bucket: 'other-bucket', region: 'eu-west-1' });
    expect(await changed.json()).toMatchObject({
      data: { bucket: 'other-bucket', accessKeyIdLastFour: 'MPLE' },
    });

    expect((await call('DELETE', '/storage')).status).toBe(200);
    expect((await call('GET', '/storage')).status).toBe(404);
    expect((await call('DELETE', '/storage')).status).toBe(404);
  });

  it('decrypts the credentials once when it is set', async () => {
    const { call } = await makeApi();
    const decrypt = vi.spyOn(crypto.subtle, 'decrypt');
    onTestFinished(() => decrypt.mockRestore());
    expect((await call('PUT', '/storage', SETTINGS)).status).toBe(200);
    // The access key id and the secret access key are two records.
    expect(decrypt).toHaveBeenCalledTimes(2);
  });

  it('is invisible to other workspaces', async () => {
    const [mine, theirs] = [await makeApi(), await makeApi()];
    await theirs.call('PUT', '/storage', SETTINGS);
    expect((await mine.call('GET', '/storage')).status).toBe(404);
    expect((await mine.call('DELETE', '/storage')).status).toBe(404);
    expect((await theirs.call('GET', '/storage')).status).toBe(200);
  });

  it.each([
    ['without a bucket', { ...SETTINGS, bucket: undefined }, 'bucket', 'bucket is missing'],
    [
      'with a bucket that leaves its place',
      { ...SETTINGS, bucket: 'a/../b' },
      'bucket',
      /must be the name of the bucket/,
    ],
    ['with a region that names a host', { ...SETTINGS, region: 'x.evil.example/' }, 'region', /region/],
    ['without the secret', { ...SETTINGS, secretAccessKey: undefined }, 'secretAccessKey', /secretAccessKey/],
    ['with a line break in a key', { ...SETTINGS, accessKeyId: 'a\r\nb' }, 'accessKeyId', /blanks/],
    ['with a mistyped field', { ...SETTINGS, acessKeyId: 'x' }, 'acessKeyId', /did you mean accessKeyId\?/],
    ['with a prefix that climbs', { ...SETTINGS, defaultPathPrefix: '../x' }, 'defaultPathPrefix', /"\.\."/],
    ['with plain http', { ...SETTINGS, endpoint: 'http://s3.example.com' }, 'endpoint', /https/],
    ['with a path', { ...SETTINGS, endpoint: 'https://s3.example.com/a' }, 'endpoint', /host without a path/],
  ])('is not saved %s', async (_name, settings, field, message) => {
    const { call } = await makeApi();
    const answer = await call('PUT', '/storage', settings);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'invalid_request',
      field,
      error: expect.stringMatching(message),
    });
    expect((await call('GET', '/storage')).status).toBe(404);
  });

  it('is not saved on a private address', async () => {
    const { call } = await makeApi();
    const answer = await call('PUT', '/storage', { ...SETTINGS, endpoint: 'https://10.0.0.5:9000' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'storage_address_forbidden' });
  });
});
