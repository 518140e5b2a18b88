import { describe, expect, test } from 'vitest';
import { PROVIDER_TABLE } from '../../../worker/storage/s3/provider-table.ts';
import { profileForHost, regionInHost } from '../../../worker/storage/s3/provider-profiles.ts';
import { listDestinations } from '../../../worker/storage/destinations/destinations.ts';
import { endpointIn } from '../../../worker/site/pages/storage/providers.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeCustomer, makeCustomerCtx, s3, server } from '../support/customer.ts';
import { makeImported } from '../transfers/imported.ts';
import { makeSite, valuesOf, type Page } from './support/site.ts';

const PATH = '/dashboard/storage';
const SCRIPT = '<script>alert(1)</script>';

/** What a person types who follows the guide. */
function typed(over: Record<string, string> = {}): Record<string, string> {
  const { endpoint, region, bucket, putOnly } = server();
  return { ...putOnly, bucket, region, endpoint, defaultPathPrefix: '', storageClass: '', ...over };
}

/** The sentence beside a field. */
const errorOf = ({ html }: Page, field: string): string | undefined =>
  new RegExp(`id="${field}-error">([^<]*)<`).exec(html)?.[1];

describe('the page before anything is saved', () => {
  test('has the seven fields of the guide, with its names in its order', async () => {
    const { html } = await (await makeSite(makeCtx())).get(PATH);
    const labels = [...html.matchAll(/<label for="(\w+)">([^<]*)/g)].map(([, , label]) => label!.trim());
    expect(labels.slice(0, 7)).toEqual([
      'Access Key ID',
      'Secret Access Key',
      'Bucket Name',
      'Region',
      'Endpoint',
      'Default Path Prefix',
      'Storage Class',
    ]);
    expect(
      html.match(/<button type="submit" class="button(?: primary)?"[^>]*>(Test|Save)[^<]*/g),
    ).toHaveLength(2);
  });

  test('fills in the endpoint, the region and the classes of a provider without a script', async () => {
    const site = await makeSite(makeCtx());
    const page = await site.post(`${PATH}/provider`, { provider: 'Scaleway', bucket: 'kept' });
    expect(valuesOf(page)).toMatchObject({
      bucket: 'kept',
      region: 'fr-par',
      endpoint: 'https://s3.fr-par.scw.cloud',
    });
    expect(page.html).toContain('<option value="ONEZONE_IA"');
  });

  test('shows the policy of the guide with the bucket that was typed, escaped', async () => {
    const site = await makeSite(makeCtx());
    const { html, status } = await site.post(PATH, { bucket: SCRIPT, region: SCRIPT });
    expect(status).toBe(422);
    expect(html).not.toContain(SCRIPT);
    expect(html).toContain('arn:aws:s3:::&lt;script&gt;');
  });
});

test.each(PROVIDER_TABLE.filter(({ endpointPattern }) => endpointPattern !== null))(
  'the endpoint that the form fills in for $name is recognized as that of the provider',
  (profile) => {
    const { hostname } = new URL(
      endpointIn(profile, profile.exampleRegion).replace('[account-id]', 'abc123'),
    );
    expect(profileForHost(hostname).name).toBe(profile.name);
    // Only some providers have the region in the host.
    expect([undefined, profile.exampleRegion]).toContain(regionInHost(profile, hostname));
  },
);

describe('bad input', () => {
  test.each([
    ['bucket', 'https://s3.example/bucket', 'Bucket Name must be the name of the bucket'],
    ['region', 'not a region', 'Region must be the name of a region'],
    ['endpoint', 'ftp://s3.example', 'Endpoint must be an https URL'],
    ['accessKeyId', '', 'Access Key ID is required'],
    ['tags', '=x', 'Tags must have a key for every tag'],
    ['presignedUrlSeconds', 'soon', 'Link Lifetime must be a whole number'],
    ['allowedBuckets', 'a b', 'Allowed Buckets must be the name of the bucket'],
    ['expectedBucketOwner', '12', 'Bucket Owner must be an AWS account ID'],
  ])('in %s keeps what was typed, with a sentence beside the field', async (field, value, sentence) => {
    const site = await makeSite(makeCtx());
    const fields = {
      accessKeyId: 'AKIA1',
      secretAccessKey: 'typed-secret',
      bucket: 'my-bucket',
      region: 'us-east-1',
    };
    for (const path of [PATH, `${PATH}/test`]) {
      const page = await site.post(path, { ...fields, [field]: value });
      expect(page.status).toBe(422);
      expect(errorOf(page, field)).toContain(sentence);
      expect(valuesOf(page)['secretAccessKey']).toBe('typed-secret');
    }
  });

  test('a name of another destination does not replace it', async () => {
    const ctx = makeCtx();
    const site = await makeSite(ctx);
    const fields = {
      name: 'archive',
      accessKeyId: 'A',
      secretAccessKey: 's',
      bucket: 'first',
      region: 'auto',
    };
    await site.post(`${PATH}/new`, fields);
    const page = await site.post(`${PATH}/new`, { ...fields, bucket: 'second' });
    expect(errorOf(page, 'name')).toBe('Name archive exists: choose another one');
    expect((await listDestinations(ctx, site.workspaceId)).map(({ bucket }) => bucket)).toEqual(['first']);
  });

  test('a destination that does not exist is a page that says so', async () => {
    const site = await makeSite(makeCtx());
    for (const path of [`${PATH}/destinations/none`, `${PATH}/delete`, `${PATH}/destinations/none/delete`])
      expect((await site.get(path)).status).toBe(404);
  });
});

test('a role without the scope reads and changes nothing', async () => {
  const site = await makeSite(makeCtx(), { role: 'read-only' });
  for (const path of [PATH, `${PATH}/new`, `${PATH}/delete`, `${PATH}/migration`])
    expect((await site.get(path)).status).toBe(403);
  for (const path of [PATH, `${PATH}/test`, `${PATH}/provider`, `${PATH}/delete`, `${PATH}/migrate`])
    expect((await site.post(path)).status).toBe(403);
  expect((await site.get('/dashboard')).html).not.toContain(`href="${PATH}"`);
});

describe.skipIf(s3 === null)('with a real S3 server', () => {
  test('Test Connection shows every check, and saves nothing', async () => {
    const ctx = makeCustomerCtx();
    const site = await makeSite(ctx);
    const page = await site.post(`${PATH}/test`, typed());
    expect(page.status).toBe(200);
    expect(page.html).toContain('The connection works.');
    expect(valuesOf(page)).toMatchObject(typed());
    expect(await listDestinations(ctx, site.workspaceId)).toEqual([]);
  });

  test('a wrong secret is named with what to change, check by check where scripts run', async () => {
    const site = await makeSite(makeCustomerCtx());
    const page = await site.post(`${PATH}/test`, typed({ secretAccessKey: 'wrong' }), {
      Accept: 'text/x-html-lines',
    });
    expect(page.headers.get('Content-Type')).toBe('text/x-html-lines');
    const lines = page.html.trim().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.every((line) => line.startsWith('<li'))).toBe(true);
    expect(lines.at(-2)).toContain('<strong>Keys</strong> <span class="soft small">Failed</span>');
    expect(lines.at(-1)).toContain('Imports cannot be stored yet.');
  });

  test('Save Configuration saves, tests, and shows only the last four characters of the key', async () => {
    const ctx = makeCustomerCtx();
    const site = await makeSite(ctx);
    const saved = await site.post(PATH, typed({ metadata: 'team=video\nkind=raw' }));
    expect([saved.status, saved.location]).toEqual([303, PATH]);
    expect(saved.flash).toContain('the connection works');
    const [row] = await listDestinations(ctx, site.workspaceId);
    expect(row).toMatchObject({ name: 'default', isDefault: true, metadata: { team: 'video', kind: 'raw' } });
    const { html } = await site.get(PATH);
    const { accessKeyId, secretAccessKey } = server().putOnly;
    expect(html).toContain(`ends in ${accessKeyId.slice(-4)}.`);
    expect(html).not.toContain(accessKeyId);
    expect(html).not.toContain(secretAccessKey);
    expect(html).toContain('The key may only write');
  });

  test('settings change without the keys, which stay', async () => {
    const ctx = makeCustomerCtx();
    const site = await makeSite(ctx, { workspaceId: await makeCustomer(ctx) });
    const { accessKeyId: _, secretAccessKey: __, ...rest } = typed({ defaultPathPrefix: 'videos' });
    const saved = await site.post(PATH, { ...rest, accessKeyId: '', secretAccessKey: '' });
    expect(saved.flash).toContain('the connection works');
    expect((await listDestinations(ctx, site.workspaceId))[0]).toMatchObject({ defaultPathPrefix: 'videos' });
  });

  test('a deletion says what becomes of running imports, and happens only by a form', async () => {
    const ctx = makeCustomerCtx();
    const site = await makeSite(ctx, { workspaceId: await makeCustomer(ctx, { fallback: 'none' }) });
    const { html } = await site.get(`${PATH}/delete`);
    expect(html).toContain('Imports that are running to this bucket fail');
    expect(await listDestinations(ctx, site.workspaceId)).toHaveLength(1);
    const deleted = await site.post(`${PATH}/delete`);
    expect([deleted.status, deleted.location]).toEqual([303, PATH]);
    expect(await listDestinations(ctx, site.workspaceId)).toEqual([]);
  });

  test('one workspace sees and changes nothing of another one', async () => {
    const ctx = makeCustomerCtx();
    await makeCustomer(ctx, { isDefault: true });
    const site = await makeSite(ctx);
    expect((await site.get(PATH)).html).not.toContain('ends in');
    expect((await site.get(`${PATH}/destinations/default`)).status).toBe(404);
    expect((await site.post(`${PATH}/destinations/default/delete`)).status).toBe(404);
  });

  test('a named destination has a page of its own, and can become the default one', async () => {
    const ctx = makeCustomerCtx();
    const site = await makeSite(ctx, { workspaceId: await makeCustomer(ctx) });
    const made = await site.post(`${PATH}/new`, typed({ name: 'archive', defaultPathPrefix: 'old' }));
    expect(made.location).toBe(`${PATH}/destinations/archive`);
    expect(valuesOf(await site.get(`${PATH}/destinations/archive`))['defaultPathPrefix']).toBe('old');
    expect((await site.get(PATH)).html).toContain(`href="${PATH}/destinations/archive"`);
    const changed = await site.post(`${PATH}/destinations/archive`, typed({ isDefault: 'on' }));
    expect(changed.location).toBe(PATH);
    const names = (await listDestinations(ctx, site.workspaceId)).map(({ name }) => name);
    expect(names).toEqual(['archive', 'default']);
  });

  test('a new destination does not take the saved keys of the default one', async () => {
    const ctx = makeCustomerCtx();
    const site = await makeSite(ctx, { workspaceId: await makeCustomer(ctx) });
    const fields = typed({ name: 'copy', accessKeyId: '', secretAccessKey: '' });
    for (const path of [`${PATH}/new`, `${PATH}/new/test`])
      expect(errorOf(await site.post(path, fields), 'accessKeyId')).toBe('Access Key ID is required');
  });

  test('a migration shows its progress, and asks for it again while files remain', async () => {
    const ctx = makeCustomerCtx();
    const site = await makeSite(ctx, { workspaceId: await makeCustomer(ctx) });
    await makeImported(ctx, site);
    await makeImported(ctx, site);
    const started = await site.post(`${PATH}/migrate`, { storageDestination: 'default' });
    expect([started.location, started.flash]).toEqual([
      `${PATH}#move`,
      expect.stringContaining('Moving 2 files'),
    ]);
    const { html } = await site.get(`${PATH}/migration`);
    expect(html).toContain('0 of 2 files are in the bucket');
    expect(html).toContain('hx-trigger="every 2s"');
    expect((await site.get(PATH)).html).toContain('0 of 2 files are in the bucket');
  });

  test('a migration without files says that there is nothing to move', async () => {
    const ctx = makeCustomerCtx();
    const site = await makeSite(ctx, { workspaceId: await makeCustomer(ctx) });
    const started = await site.post(`${PATH}/migrate`, { storageDestination: 'default' });
    expect(started.flash).toContain('There is nothing to move');
    expect((await site.post(`${PATH}/migrate`, { storageDestination: 'none' })).status).toBe(400);
  });
});

test('connections and copies that the dashboard starts count against the rate of the plan', async () => {
  const ctx = makeCtx();
  const plan = { ...ctx.config.PLANS.free, requestsPerHour: 1 };
  ctx.config = { ...ctx.config, RATE_LIMITS: 'on', PLANS: { ...ctx.config.PLANS, free: plan } };
  const site = await makeSite(ctx);
  expect((await site.post(`${PATH}/test`, { bucket: '' })).status).toBe(422);
  for (const path of [
    PATH,
    `${PATH}/test`,
    `${PATH}/new/test`,
    `${PATH}/destinations/default/test`,
    `${PATH}/migrate`,
  ])
    expect((await site.post(path, { bucket: '' })).status).toBe(429);
});
