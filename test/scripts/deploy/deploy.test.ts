import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../../../scripts/lib/paths.ts';
import { hashApiKey } from '../../../worker/auth/keys/api-key.ts';
import { sha256Hex } from '../../../worker/sha256.ts';
import { isChange } from '../../support/cloudflare-api/faults.ts';
import { IMAGE, newOperator, type Operator } from './run-deploy.ts';

/** One run starts wrangler up to nine times, each about a second of CPU. */
const RUN_TIMEOUT_MS = 180_000;

let operator: Operator;
beforeEach(async () => {
  operator = await newOperator();
});
afterEach(() => operator.close());

/** The calls that changed something, by method and path below the account. */
function changes(): string[] {
  return operator.api.calls
    .filter(({ method, body }) => isChange({ method, json: asJson(body) }))
    .map(({ method, path }) => `${method} ${path.replace(/^\/accounts\/[0-9a-f]+/, '')}`);
}

function asJson(body: string): unknown {
  return body === '' ? undefined : JSON.parse(body);
}

const theScript = () => operator.api.account.scripts.get('importly-open')!;
const theDatabase = () => operator.api.account.databases.get('importly-open')!;
const rows = (sql: string) => theDatabase().sqlite.prepare(sql).all();

/** Nobody else can read what is kept, and nothing that was only for the upload is left. */
function expectPrivateFiles(): void {
  const directory = join(operator.stateDirectory, 'deploy', 'importly-open');
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
  const modes = files.map(({ name }) => [name, statSync(join(directory, name)).mode & 0o777]);
  const names = ['finished.json', 'key.json', 'secrets.json', 'settings.json', 'wrangler.json'];
  expect(Object.fromEntries(modes)).toEqual(Object.fromEntries(names.map((name) => [name, 0o600])));
  const kept = JSON.parse(readFileSync(join(directory, 'secrets.json'), 'utf8')) as Record<string, string>;
  const uploaded = theScript().versions[0]!.bindings.filter(({ type }) => type === 'secret_text');
  expect(Object.fromEntries(uploaded.map(({ name, text }) => [name, text]))).toEqual(kept);
}

describe('npm run deploy', { timeout: RUN_TIMEOUT_MS }, () => {
  test('makes everything that the service needs, and a second run changes nothing', async () => {
    const flags = ['--analytics', 'imports', '--var', 'PAGE_SLOTS=2', '--page-instance', 'standard-2'];
    const first = await operator.deploy('--image', IMAGE, ...flags);
    expect(first).toMatchObject({ code: 0 });

    const { account } = operator.api;
    expect([...account.buckets.keys()]).toEqual(['importly-open-media']);
    const queues = ['doorbell', 'webhooks', 'dead-letters'].map((name) => `importly-open-${name}`);
    expect([...account.queues.keys()]).toEqual(queues);
    expect([...account.applications.values()]).toMatchObject([
      { name: 'importly-open-downloader', max_instances: 1 },
      { name: 'importly-open-page-downloader', max_instances: 2 },
    ]);
    expect(theScript()).toMatchObject({ workersDev: true, schedules: ['* * * * *'] });
    const bindings = theScript().versions[0]!.bindings;
    expect(bindings).toContainEqual({
      name: 'PUBLIC_URL',
      type: 'plain_text',
      text: 'https://importly-open.example-team.workers.dev',
    });
    expect(bindings).toContainEqual({ name: 'ANALYTICS', type: 'analytics_engine', dataset: 'imports' });
    const secrets = bindings.filter(({ type }) => type === 'secret_text').map(({ name }) => name);
    expect(secrets.sort()).toEqual([
      'ATTEMPT_TOKEN_KEY',
      'AUTH_SECRET',
      'CREDENTIAL_KEYS',
      'DISPATCH_PRIVATE_KEY',
    ]);

    const apiKey = /API key +(imp_\S+)/.exec(first.output)![1]!;
    expect(rows('SELECT hash FROM api_keys')).toEqual([{ hash: await hashApiKey(apiKey) }]);
    expect(JSON.stringify(operator.api.calls)).not.toContain(apiKey);

    const [, token = ''] = /Dashboard: https:\S+\/setup\/(\S+)/.exec(first.output) ?? [];
    expect(rows('SELECT kind, token_hash FROM one_time_links')).toEqual([
      { kind: 'owner', token_hash: await sha256Hex(token) },
    ]);
    expect(JSON.stringify(operator.api.calls)).not.toContain(token);
    rows(
      "INSERT INTO users (id, name, email, created_at, updated_at) VALUES ('u', 'Ada', 'ada@example.com', 0, 0)",
    );
    rows("INSERT INTO members SELECT id, 'u', 'owner', 0 FROM workspaces WHERE is_operator = 1");

    const order = changes();
    const upload = order.indexOf('PUT /workers/scripts/importly-open');
    expect(
      order.findLastIndex((call) => call.endsWith('/query') && order.indexOf(call) < upload),
    ).toBeGreaterThan(0);

    operator.api.calls.length = 0;
    const second = await operator.deploy();
    expect(second).toMatchObject({ code: 0 });
    expect(second.output).toContain(apiKey);
    expect(second.output).toContain('Dashboard: https://importly-open.example-team.workers.dev/dashboard\n');
    expect(changes()).toEqual([]);
    expect(theScript().versions).toHaveLength(1);
    expectPrivateFiles();

    const without = await operator.deploy('--var', 'PAGE_SLOTS=0');
    expect(without).toMatchObject({ code: 0 });
    expect(without.output).toContain('container importly-open-page-downloader: removed');
    expect([...account.applications.keys()]).toEqual(['importly-open-downloader']);
  });

  test('--dry-run prints the plan and changes nothing', async () => {
    const { code, output } = await operator.deploy('--dry-run', '--image', IMAGE);
    expect(code).toBe(0);
    expect(output).toContain('D1 database importly-open: create it');
    expect(output).toContain(
      'new secrets ATTEMPT_TOKEN_KEY, AUTH_SECRET, CREDENTIAL_KEYS, DISPATCH_PRIVATE_KEY',
    );
    expect(changes()).toEqual([]);
  });

  test('refuses to make new credential keys over data, before it changes anything', async () => {
    expect(await operator.deploy('--image', IMAGE)).toMatchObject({ code: 0 });
    const [version] = theScript().versions;
    version!.bindings = version!.bindings.filter(({ name }) => name !== 'CREDENTIAL_KEYS');
    rmSync(join(operator.stateDirectory, 'deploy', 'importly-open', 'secrets.json'));
    operator.api.calls.length = 0;
    const refused = await operator.deploy();
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.output).toContain('The database holds data, and the Worker has no CREDENTIAL_KEYS.');
    expect(changes()).toEqual([]);
  });

  test('says what to do without a sign-in, without an engine and without a workers.dev subdomain', async () => {
    operator.env.WRANGLER_DOCKER_BIN = '/nowhere/docker';
    const noEngine = await operator.deploy();
    expect(noEngine).toMatchObject({ code: 1 });
    expect(noEngine.output).toContain('No container engine answers (/nowhere/docker: not installed)');
    operator.api.account.subdomain = null;
    const noAddress = await operator.deploy('--image', IMAGE);
    expect(noAddress).toMatchObject({ code: 1 });
    expect(noAddress.output).toContain('This account has no workers.dev subdomain yet');
    operator.env.CLOUDFLARE_API_TOKEN = '';
    const stranger = await operator.deploy('--image', IMAGE);
    expect(stranger).toMatchObject({ code: 1 });
    expect(stranger.output).toContain('wrangler is not signed in');
    expect(changes()).toEqual([]);
  });

  test('serves at a domain that is remembered, and takes none from another Worker', async () => {
    operator.api.account.domains.set('taken.example.com', 'shop');
    const taken = await operator.deploy('--image', IMAGE, '--domain', 'taken.example.com');
    expect(taken).toMatchObject({ code: 1 });
    expect(taken.output).toContain('taken.example.com belongs to the Worker shop');
    expect(changes()).toEqual([]);
    const served = await operator.deploy('--image', IMAGE, '--domain', 'import.example.com');
    expect(served).toMatchObject({ code: 0 });
    expect(operator.api.account.domains.get('import.example.com')).toBe('importly-open');
    expect(theScript().workersDev).toBe(false);
    const again = await operator.deploy();
    expect(again.output).toContain('API       https://import.example.com');
    expect(theScript().versions).toHaveLength(1);
  });

  test('builds the image with the engine that is there, pushes it once, and gives the application its digest', async () => {
    const notes = join(operator.stateDirectory, '..', 'engine-notes');
    operator.env.WRANGLER_DOCKER_BIN = join(ROOT, 'test/support/cloudflare-api/engine.mjs');
    operator.env.ENGINE_NOTES = notes;
    expect(await operator.deploy()).toMatchObject({ code: 0 });
    const configuration = operator.api.account.applications.get('importly-open-downloader')!.configuration;
    const image = `registry.cloudflare.com/${operator.api.account.id}/importly-open-downloader`;
    expect(configuration).toMatchObject({ image: `${image}@sha256:${'a'.repeat(64)}` });
    expect(await operator.deploy('--force')).toMatchObject({ code: 0 });
    const asked = readFileSync(notes, 'utf8').split('\n');
    const builds = asked.filter((line) => line.startsWith('build'));
    expect(builds).toHaveLength(2);
    expect(builds[0]).toContain(ROOT);
    expect(asked.filter((line) => line.startsWith('push'))).toHaveLength(1);
  });
});
