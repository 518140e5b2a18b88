import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../worker/config.ts';
import { destinations } from '../../../worker/db/tables/destinations.ts';
import { recordFacts } from '../../../worker/storage/destinations/learned-facts.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';

const SETTINGS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  bucket: 'your-bucket',
  region: 'us-east-1',
};
type View = { name: string; isDefault: boolean; bucket: string };

async function put({ call }: TestApi, path: string, values: object = {}) {
  const answer = await call('PUT', path, { ...SETTINGS, ...values });
  return { status: answer.status, ...(await answer.json<{ data: View; error: string; field: string }>()) };
}
async function list({ call }: TestApi): Promise<View[]> {
  return (await (await call('GET', '/storage/destinations')).json<{ data: View[] }>()).data;
}
const named = (views: View[]) => views.map(({ name, isDefault }) => (isDefault ? `*${name}` : name));

describe('/storage/destinations', () => {
  it('are created, listed, read without secrets, changed and deleted', async () => {
    const api = await makeApi();
    const archive = '/storage/destinations/archive';
    expect(await list(api)).toEqual([]);
    expect((await api.call('GET', archive)).status).toBe(404);
    await put(api, '/storage');
    const saved = await put(api, archive, { bucket: 'archive-bucket', storageClass: 'DEEP_ARCHIVE' });
    expect(saved).toMatchObject({
      status: 200,
      data: { name: 'archive', bucket: 'archive-bucket', isDefault: false },
    });
    const read = await (await api.call('GET', archive)).text();
    // What a save answers may hold more than what is kept, such as a test of it.
    expect(saved).toMatchObject({ data: (JSON.parse(read) as { data: object }).data });
    expect(read).not.toContain(SETTINGS.secretAccessKey);
    expect(read).not.toContain(SETTINGS.accessKeyId);
    expect(named(await list(api))).toEqual(['*default', 'archive']);
    const changed = await api.call('PUT', archive, { bucket: 'other', region: 'eu-west-1' });
    expect(await changed.json()).toMatchObject({
      data: { bucket: 'other', storageClass: null, accessKeyIdLastFour: 'MPLE' },
    });
    expect((await api.call('DELETE', archive)).status).toBe(200);
    expect(named(await list(api))).toEqual(['*default']);
    const gone = await api.call('DELETE', archive);
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({ code: 'destination_not_found' });
  });

  it('have one default: the first, until another becomes the default', async () => {
    const api = await makeApi();
    await put(api, '/storage/destinations/first');
    await put(api, '/storage/destinations/second', { bucket: 'second-bucket' });
    expect(named(await list(api))).toEqual(['*first', 'second']);
    await put(api, '/storage/destinations/second', { bucket: 'second-bucket', isDefault: true });
    expect(named(await list(api))).toEqual(['*second', 'first']);
    expect(await (await api.call('GET', '/storage')).json()).toMatchObject({ data: { name: 'second' } });
    await put(api, '/storage', { bucket: 'through-the-default' });
    expect(await list(api)).toMatchObject([
      { name: 'second', bucket: 'through-the-default' },
      { name: 'first' },
    ]);
    const refused = await put(api, '/storage/destinations/second', { isDefault: false });
    expect(refused).toMatchObject({ status: 400, field: 'isDefault' });
  });

  it('do not become the default when the default is deleted', async () => {
    const api = await makeApi();
    await put(api, '/storage');
    await put(api, '/storage/destinations/archive');
    expect((await api.call('DELETE', '/storage')).status).toBe(200);
    expect(named(await list(api))).toEqual(['archive']);
    expect((await api.call('GET', '/storage')).status).toBe(404);
    await put(api, '/storage', { bucket: 'again' });
    expect(named(await list(api))).toEqual(['*default', 'archive']);
  });

  it('can be created without a default destination', async () => {
    const api = await makeApi();
    await put(api, '/storage/destinations/archive', { isDefault: false });
    expect(named(await list(api))).toEqual(['archive']);
  });

  it('can reuse the name of the deleted default', async () => {
    const api = await makeApi();
    await put(api, '/storage');
    await put(api, '/storage/destinations/other', { isDefault: true });
    await api.call('DELETE', '/storage');
    expect(named(await list(api))).toEqual(['default']);
    await put(api, '/storage', { bucket: 'again' });
    expect(await list(api)).toMatchObject([{ name: 'default', isDefault: true, bucket: 'again' }]);
  });

  it('have exactly one default when several become the default at the same time', async () => {
    const api = await makeApi();
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((name) => put(api, `/storage/destinations/${name}`, { isDefault: true })));
    const views = await list(api);
    expect(views.map(({ name }) => name).sort()).toEqual(names);
    expect(views.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  });

  it('are invisible to other workspaces', async () => {
    const [mine, theirs] = [await makeApi(), await makeApi()];
    await put(theirs, '/storage/destinations/archive');
    expect(await list(mine)).toEqual([]);
    expect((await mine.call('GET', '/storage/destinations/archive')).status).toBe(404);
    expect((await mine.call('DELETE', '/storage/destinations/archive')).status).toBe(404);
    expect(await put(mine, '/storage/destinations/archive', { bucket: 'mine' })).toMatchObject({
      status: 200,
    });
    expect(await list(theirs)).toMatchObject([{ bucket: 'your-bucket' }]);
  });

  it.each(['Archive', 'a b', '-a', '..', 'a'.repeat(64), '%2e%2e'])('cannot be named %s', async (name) => {
    const api = await makeApi();
    const answer = await api.call('PUT', `/storage/destinations/${encodeURIComponent(name)}`, SETTINGS);
    expect([400, 404]).toContain(answer.status);
    expect(await list(api)).toEqual([]);
  });
});

describe('the facts learned about a provider', () => {
  const learnedAfter = async (values: object) => {
    const api = await makeApi();
    await put(api, '/storage');
    const row = await api.ctx.db.query.destinations.findFirst({
      where: eq(destinations.workspaceId, api.workspaceId),
    });
    await recordFacts(api.ctx, row!, { regions: { 'your-bucket': 'eu-west-1' } });
    const { accessKeyId: _, secretAccessKey: __, ...kept } = SETTINGS;
    await api.call('PUT', '/storage', { ...kept, ...values });
    return (await (await api.call('GET', '/storage')).json<{ data: { learned: unknown } }>()).data.learned;
  };

  it('are shown, and kept while they apply', async () => {
    expect(await learnedAfter({ storageClass: 'STANDARD_IA' })).toEqual({
      regions: { 'your-bucket': 'eu-west-1' },
    });
  });

  it.each([
    { bucket: 'other' },
    { region: 'eu-west-1' },
    { endpoint: 'https://s3.example.com' },
    { secretAccessKey: 'another' },
  ])('are deleted when the settings change: %j', async (values) => {
    expect(await learnedAfter(values)).toBeNull();
  });
});

describe('credentials whose encryption key is missing', () => {
  it('are reported as unreadable until they are saved again, and everything else works', async () => {
    const api = await makeApi();
    await put(api, '/storage');
    const lost = `gone:${btoa('0'.repeat(32))}`;
    const later = await makeApi();
    await put(later, '/storage/destinations/other');
    api.ctx.config = { ...parseConfig(env), CREDENTIAL_KEYS: lost };
    expect(await (await api.call('GET', '/storage')).json()).toMatchObject({
      data: { credentials: 'unreadable' },
    });
    expect((await api.call('GET', '/storage/destinations')).status).toBe(200);
    const kept = await api.call('PUT', '/storage', { bucket: 'other-bucket', region: 'us-east-1' });
    expect(await kept.json()).toMatchObject({ data: { bucket: 'other-bucket', credentials: 'unreadable' } });
    const newSecret = await api.call('PUT', '/storage', { ...SETTINGS, accessKeyId: '' });
    expect(newSecret.status).toBe(500);
    expect(await newSecret.json()).toMatchObject({ code: 'storage_credentials_unreadable' });
    expect(await put(api, '/storage')).toMatchObject({ status: 200, data: { credentials: 'readable' } });
    expect(await list(later)).toMatchObject([{ credentials: 'readable' }]);
  });
});

describe('a session token', () => {
  const has = async (api: TestApi) =>
    (await (await api.call('GET', '/storage')).json<{ data: { hasSessionToken: boolean } }>()).data
      .hasSessionToken;

  it('is kept with its keys, deleted with them, and never shown', async () => {
    const api = await makeApi();
    await put(api, '/storage', { sessionToken: ' IQoJb3JpZ2luX2VjEXAMPLE \n' });
    expect(await has(api)).toBe(true);
    const read = await (await api.call('GET', '/storage')).text();
    expect(read).not.toContain('IQoJb3JpZ2luX2Vj');
    await api.call('PUT', '/storage', { bucket: 'your-bucket', region: 'us-east-1' });
    expect(await has(api)).toBe(true);
    await put(api, '/storage');
    expect(await has(api)).toBe(false);
  });
});
