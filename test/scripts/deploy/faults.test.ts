import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FaultKind } from '../../support/cloudflare-api/faults.ts';
import { FaultsInTurn } from '../../support/cloudflare-api/faults.ts';
import { IMAGE, newOperator, type Operator } from './run-deploy.ts';

/** About fifteen runs, each of which starts wrangler several times. */
const TIMEOUT_MS = 900_000;
/** More kinds of change than a deployment has. */
const MOST_RUNS = 40;

let operator: Operator;
beforeEach(async () => {
  operator = await newOperator();
});
afterEach(() => operator.close());

/** Runs until every kind of change has failed once; answers which ones, in their order. */
async function failEachOnce(kind: FaultKind): Promise<string[]> {
  const faults = new FaultsInTurn(kind);
  operator.api.faults = faults;
  const failed: string[] = [];
  for (let run = 0; run < MOST_RUNS; run++) {
    faults.beginRun();
    const { code, output } = await operator.deploy('--image', IMAGE);
    const expectedCode = faults.failed === null ? 0 : 1;
    expect({ code, output }).toMatchObject({ code: expectedCode });
    if (faults.failed === null) return failed;
    failed.push(faults.failed.replace('/accounts/*', ''));
    expect(output).toContain('run it again');
  }
  throw new Error('the deployment never ended well');
}

/** Every secret has had one value only, whatever failed. */
function expectSecretsMadeOnce(): void {
  const { versions } = operator.api.account.scripts.get('importly-open')!;
  const values = versions.map(({ bindings }) =>
    Object.fromEntries(
      bindings.filter(({ type }) => type === 'secret_text').map(({ name, text }) => [name, text]),
    ),
  );
  for (const secrets of values) expect(secrets).toEqual(values[0]);
  expect(Object.keys(values[0]!)).toHaveLength(4);
}

function expectNothingTwice(): void {
  const { account } = operator.api;
  expect(
    [account.databases, account.buckets, account.queues, account.scripts, account.applications].map(
      ({ size }) => size,
    ),
  ).toEqual([1, 1, 3, 1, 1]);
  const { sqlite } = account.databases.get('importly-open')!;
  const count = (table: string) => sqlite.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n;
  expect({ workspaces: count('workspaces'), keys: count('api_keys') }).toEqual({ workspaces: 1, keys: 1 });
}

describe.each(['before', 'after'] as const)('every changing call fails once %s it is carried out', (kind) => {
  test('the run after it goes on, and nothing is made twice', { timeout: TIMEOUT_MS }, async () => {
    const failed = await failEachOnce(kind);
    expect(failed).toMatchObject([
      'POST /d1/database importly-open',
      'POST /r2/buckets importly-open-media',
      'POST /queues importly-open-doorbell',
      'POST /queues importly-open-webhooks',
      'POST /queues importly-open-dead-letters',
      expect.stringContaining('CREATE TABLE IF NOT EXISTS'),
      expect.stringContaining('a migration'),
      'PUT /workers/scripts/importly-open',
      'POST /containers/applications importly-open-downloader',
      'POST /workers/scripts/importly-open/subdomain',
      'PUT /workers/scripts/importly-open/schedules',
      // Wrangler sends the triggers together, so the run before has made the consumer already.
      expect.stringMatching(/^PUT .queues.\*.consumers/),
      expect.stringContaining('INSERT INTO workspaces'),
      expect.stringContaining('DELETE FROM one_time_links'),
    ]);
    expectNothingTwice();
    expectSecretsMadeOnce();
  });
});
