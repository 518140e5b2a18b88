import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { addCredit, listBalances, listCredits } from '../../scripts/credit/credits.ts';
import { creditOptions } from '../../scripts/credit/options.ts';
import { StartProblem } from '../../scripts/lib/problem.ts';

const ROOT = join(import.meta.dirname, '../..');
const ID = '01a20cd1-6bb4-728b-a1f3-382e058cda0a';

it.each([
  [['add', ID, '20'], 20_000_000, ''],
  [['add', ID, '0.000001', '--note', "invoice '17"], 1, "invoice '17"],
  [['add', ID, '-5.10'], -5_100_000, ''],
  [['add', ID, '4.35'], 4_350_000, ''],
])('reads %j', (args, microdollars, note) => {
  expect(creditOptions(args)).toEqual({ remote: null, action: 'add', workspaceId: ID, microdollars, note });
});

it('reads a list on a deployment', () => {
  const remote = { env: 'staging' };
  expect(creditOptions(['list', '--env', 'staging'])).toEqual({ remote, action: 'list', workspaceId: null });
});

it.each([
  [['add', ID]],
  [['add', ID, '0']],
  [['add', ID, '1e3']],
  [['add', ID, '1.0000001']],
  [['add', ID, '123456789']],
  [['add', ID, '1', '2']],
  [['add', "x' OR 1=1", '1']],
  [['add', ID, '1', '--note', 'two\nlines']],
  [['list', ID, '1']],
  [['take', ID, '1']],
  [[]],
])('refuses %j', (args) => {
  expect(() => creditOptions(args)).toThrow(StartProblem);
});

/** The real schema in SQLite. */
function openDatabase() {
  const database = new DatabaseSync(':memory:');
  for (const file of globSync(join(ROOT, 'migrations/*.sql')).sort())
    for (const statement of readFileSync(file, 'utf8').split('--> statement-breakpoint'))
      database.exec(statement);
  database.exec(
    `INSERT INTO workspaces (id, name, max_concurrent, created_at, spent_microdollars) VALUES ('${ID}', 'first', 1, 0, 500000)`,
  );
  // The first of several databases has a row for each workspace of the others.
  database.exec(
    `INSERT INTO workspaces (id, name, max_concurrent, created_at) VALUES ('01a20cd1-6bb4-8001-a1f3-382e058cda0a', 'elsewhere', 1, 0)`,
  );
  return {
    number: 0,
    run: async (text: string) => database.exec(text),
    select: async (text: string) => database.prepare(text).all(),
  };
}

it('adds payments and shows balances', async () => {
  const database = openDatabase();
  expect(await listCredits(database, ID)).toBe('This workspace has paid nothing yet.');
  const first = { workspaceId: ID, microdollars: 20_000_000, note: "it's 17" };
  expect(await addCredit(database, first)).toBe(`Added $20.000000. The balance of ${ID} is $19.500000.`);
  await addCredit(database, { workspaceId: ID, microdollars: -21_000_000, note: '' });
  expect(await listBalances(database)).toBe(
    `${ID}        -$1.500000  paid -$1.000000, spent $0.500000  first`,
  );
  expect((await listCredits(database, ID)).split('\n')).toEqual([
    expect.stringMatching(/^\S+Z +\$20\.000000 {2}it's 17$/),
    expect.stringMatching(/^\S+Z +-\$21\.000000$/),
  ]);
  const other = ID.replace('a', 'b');
  await expect(addCredit(database, { ...first, workspaceId: other })).rejects.toThrow(
    `no workspace ${other}`,
  );
});
