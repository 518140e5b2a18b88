import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IMAGE, newOperator, type Operator } from './run-deploy.ts';

const TIMEOUT_MS = 300_000;

let operator: Operator;
beforeEach(async () => {
  operator = await newOperator();
});
afterEach(() => operator.close());

function sizes(): number[] {
  const { databases, buckets, queues, scripts, applications } = operator.api.account;
  return [databases, buckets, queues, scripts, applications].map(({ size }) => size);
}

const STAGING = ['--env', 'staging'];
const SETTINGS = ['--image', IMAGE, '--var', 'PAGE_SLOTS=1', '--databases', '2'];

/** It is bound beside the first one, with the same tables and without a workspace. */
function expectSecondDatabase(): void {
  const { databases, scripts } = operator.api.account;
  const bound = scripts
    .get('importly-open-staging')!
    .versions[0]!.bindings.filter(({ type }) => type === 'd1');
  const names = ['importly-open-staging', 'importly-open-staging-1'];
  expect(bound.map(({ name, id }) => [name, id])).toEqual(
    names.map((name, number) => [number === 0 ? 'DB' : 'DB_1', databases.get(name)!.uuid]),
  );
  const rows = (sql: string) => names.map((name) => databases.get(name)!.sqlite.prepare(sql).all());
  const [first, second] = rows('SELECT name FROM d1_migrations ORDER BY id');
  expect(second).toEqual(first);
  expect(rows('SELECT count(*) AS n FROM workspaces')).toEqual([[{ n: 1 }], [{ n: 0 }]]);
}

test(
  'removes all that a deployment has made, and nothing of the one beside it',
  { timeout: TIMEOUT_MS },
  async () => {
    expect(await operator.deploy('--image', IMAGE)).toMatchObject({ code: 0 });
    const shared = await operator.deploy(...STAGING, ...SETTINGS);
    expect(shared).toMatchObject({ code: 0 });
    expect(shared.output).toContain('some of the 2 databases have no downloader');
    expect(sizes()).toEqual([3, 2, 6, 2, 3]);
    expectSecondDatabase();
    const fewer = await operator.deploy(...STAGING, '--databases', '1');
    expect(fewer).toMatchObject({ code: 1 });
    expect(fewer.output).toContain('There are 2 databases');

    const unconfirmed = await operator.destroy('--env', 'staging', '--confirm', 'importly-open');
    expect(unconfirmed).toMatchObject({ code: 1 });
    expect(unconfirmed.output).toContain('Nothing was removed: the name is importly-open-staging.');
    expect(sizes()).toEqual([3, 2, 6, 2, 3]);

    operator.api.account.buckets.get('importly-open-staging-media')!.objects = 3;
    const full = await operator.destroy('--env', 'staging', '--confirm', 'importly-open-staging');
    expect(full).toMatchObject({ code: 1 });
    expect(full.output).toContain('run npm run destroy again');
    expect(operator.api.account.buckets.get('importly-open-staging-media')!.lifecycleRules).toHaveLength(1);
    expect(sizes()).toEqual([1, 2, 3, 1, 1]);

    operator.api.account.buckets.get('importly-open-staging-media')!.objects = 0;
    const emptied = await operator.destroy('--env', 'staging', '--confirm', 'importly-open-staging');
    expect(emptied).toMatchObject({ code: 0 });
    expect(sizes()).toEqual([1, 1, 3, 1, 1]);
    expect([...operator.api.account.scripts.keys()]).toEqual(['importly-open']);
    expect(existsSync(join(operator.stateDirectory, 'deploy', 'importly-open-staging'))).toBe(false);
  },
);
