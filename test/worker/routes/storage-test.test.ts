import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../worker/config.ts';
import { env } from 'cloudflare:workers';
import { strictPlace } from '../storage/connection/tests.ts';
import { ADMIN, PUT_ONLY } from '../storage/providers/stand-in.ts';
import type { RemoteOptions } from '../../support/strict-s3/remote.ts';
import { makeApi } from '../support/make-api.ts';

interface Report {
  ok: boolean;
  checks: { name: string; status: string; message: string; code: string | null }[];
  publiclyReadable: boolean | null;
}

/** The API of an operator who allows the stand-in, and the settings for it. */
async function makeTestApi(options: RemoteOptions = {}) {
  const { standIn, ctx } = await strictPlace(options);
  const { endpoint, region, bucket } = standIn;
  const config = { ...parseConfig(env), EGRESS_ALLOW: `storage:${new URL(endpoint).host}` };
  const api = await makeApi({ ...ctx, config });
  const { accessKeyId, secretAccessKey } = PUT_ONLY;
  const settings = { endpoint, region, bucket, accessKeyId, secretAccessKey };
  const test = async (path = '/storage/test', json?: unknown) => {
    const answer = await api.call('POST', path, json);
    return {
      status: answer.status,
      ...(await answer.json<{ data?: Report; code?: string; field?: string }>()),
    };
  };
  return { ...api, standIn, settings, test };
}

describe('POST /storage/test', () => {
  it('tests settings that are not saved, and saves nothing', async () => {
    const { call, settings, test } = await makeTestApi();
    expect(await test('/storage/test', settings)).toMatchObject({ status: 200, data: { ok: true } });
    expect((await call('GET', '/storage')).status).toBe(404);
  });

  it('uses the saved secret when the body omits it', async () => {
    const { call, settings, test, standIn } = await makeTestApi();
    await call('PUT', '/storage', settings);
    const { endpoint, region, bucket } = settings;
    const before = (await standIn.read()).requests.length;
    const typed = { endpoint, region, bucket, secretAccessKey: '', defaultPathPrefix: 'new-folder' };
    expect(await test('/storage/test', typed)).toMatchObject({ data: { ok: true } });
    const [first] = (await standIn.read()).requests.slice(before);
    expect(first).toMatchObject({
      path: '/test-bucket/new-folder/.importly-connection-test',
      accessKeyId: PUT_ONLY.accessKeyId,
    });
    const read = await (await call('GET', '/storage')).json();
    expect(read).toMatchObject({ data: { defaultPathPrefix: null } });
  });

  it('tests the saved settings, and remembers what the provider supports', async () => {
    const { call, settings, test } = await makeTestApi();
    await call('PUT', '/storage', { ...settings, region: 'us-west-2' });
    expect(await test()).toMatchObject({ status: 200, data: { ok: true, publiclyReadable: false } });
    expect(await (await call('GET', '/storage')).json()).toMatchObject({
      data: {
        region: 'us-west-2',
        learned: {
          regions: { 'test-bucket': 'eu-central-1' },
          canGetObject: false,
          checksCrc32: true,
          conditionalWrites: true,
          visitors: { 'test-bucket': { publiclyReadable: false, cors: false } },
        },
      },
    });
  });

  it('has two paths for a destination', async () => {
    const { call, settings, test } = await makeTestApi();
    await call('PUT', '/storage/destinations/archive', settings);
    for (const path of ['/storage/test?destination=archive', '/storage/destinations/archive/test'])
      expect(await test(path)).toMatchObject({ status: 200, data: { ok: true } });
    const { secretAccessKey: _, ...typed } = settings;
    expect(await test('/storage/destinations/archive/test', typed)).toMatchObject({ data: { ok: true } });
  });

  it.each([
    ['/storage/test', 'storage_not_configured'],
    ['/storage/test?destination=nowhere', 'destination_not_found'],
    ['/storage/destinations/nowhere/test', 'destination_not_found'],
  ])('answers that there are no settings to test: %s', async (path, code) => {
    expect(await (await makeTestApi()).test(path)).toMatchObject({ status: 404, code });
  });

  it("does not test another workspace's", async () => {
    const { call, settings } = await makeTestApi();
    await call('PUT', '/storage/destinations/archive', settings);
    const other = await makeTestApi();
    expect(await other.test('/storage/destinations/archive/test')).toMatchObject({ status: 404 });
  });

  it.each<[string, object, string]>([
    ['without keys', { accessKeyId: undefined, secretAccessKey: undefined }, 'accessKeyId'],
    ['an endpoint without https', { endpoint: 'http://s3.example.com' }, 'endpoint'],
    ['an endpoint with a path', { endpoint: 'https://s3.example.com/bucket' }, 'endpoint'],
    ['a bucket that no provider accepts', { bucket: '../other' }, 'bucket'],
    ['a bucket that is an address', { bucket: '10.0.0.1' }, 'bucket'],
    ['a region that is a host', { region: 'evil.example' }, 'region'],
    ['a mistyped field', { acessKeyId: 'x' }, 'acessKeyId'],
  ])('sends no request for %s', async (_, values, field) => {
    const { settings, standIn, test } = await makeTestApi();
    expect(await test('/storage/test', { ...settings, ...values })).toMatchObject({
      status: 400,
      code: 'invalid_request',
      field,
    });
    expect((await standIn.read()).requests).toEqual([]);
  });

  it('sends nothing to a private address, neither in the URL nor behind a name', async () => {
    const { ctx, settings, standIn, test } = await makeTestApi();
    expect(await test('/storage/test', { ...settings, endpoint: 'https://10.0.0.5' })).toMatchObject({
      status: 400,
      code: 'storage_address_forbidden',
    });
    ctx.downloader.probeAnswer = { addresses: [], allowed: false, reason: 'private address', tls: null };
    expect((await test('/storage/test', settings)).data).toMatchObject({
      ok: false,
      checks: [{ name: 'address', status: 'fail', code: 'storage_address_forbidden' }],
    });
    expect((await standIn.read()).requests).toEqual([]);
  });

  it('reports credentials that can no longer be decrypted', async () => {
    const { ctx, call, settings, test } = await makeTestApi();
    await call('PUT', '/storage', settings);
    const { EGRESS_ALLOW, CREDENTIAL_KEYS } = ctx.config;
    ctx.config.EGRESS_ALLOW = '';
    expect((await test()).data?.checks).toMatchObject([
      { name: 'address', code: 'storage_address_forbidden' },
    ]);
    Object.assign(ctx.config, { EGRESS_ALLOW, CREDENTIAL_KEYS: CREDENTIAL_KEYS.replace('test:', 'other:') });
    expect((await test()).data).toMatchObject({
      ok: false,
      checks: [{ name: 'credentials', status: 'fail', code: 'storage_credentials_unreadable' }],
    });
  });
});

describe('PUT /storage', () => {
  it('saves the settings and answers with the result of their test, even if the test fails', async () => {
    const { call, settings, standIn } = await makeTestApi();
    const bad = { ...settings, secretAccessKey: 'wrong' };
    for (const path of ['/storage', '/storage/destinations/second']) {
      const saved = await (await call('PUT', path, bad)).json();
      expect(saved).toMatchObject({
        success: true,
        data: { bucket: 'test-bucket', learned: null, test: { ok: false } },
      });
      expect((await call('GET', path)).status).toBe(200);
    }
    const good = await (await call('PUT', '/storage', settings)).json();
    expect(good).toMatchObject({ data: { learned: { checksCrc32: true }, test: { ok: true } } });
    await standIn.stop();
    const down = await call('PUT', '/storage', { ...settings, defaultPathPrefix: 'x' });
    expect(await down.json()).toMatchObject({
      data: {
        defaultPathPrefix: 'x',
        test: { ok: false, checks: expect.arrayContaining([expect.objectContaining({ name: 'endpoint' })]) },
      },
    });
  });

  it('shows neither secrets nor text from the storage', async () => {
    const { call, ctx, settings } = await makeTestApi({ accounts: [ADMIN] });
    const text = await (await call('PUT', '/storage', settings)).text();
    expect(text).toContain('InvalidAccessKeyId');
    expect(text).not.toContain(settings.secretAccessKey);
    expect(text).not.toContain(settings.accessKeyId);
    expect(text).not.toContain('does not exist in our records');
    expect(JSON.stringify(ctx.lines)).not.toMatch(/STANDIN|secret\+of/);
  });
});
