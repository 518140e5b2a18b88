import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { StartProblem } from '../../scripts/lib/problem.ts';
import { printedLink } from '../../scripts/owner-link/link.ts';
import { ownerLinkOptions } from '../../scripts/owner-link/options.ts';
import { SELECT_OWNER } from '../../worker/accounts/links/make-link.ts';
import { sha256Hex } from '../../worker/sha256.ts';

const ROOT = join(import.meta.dirname, '../..');

it.each([
  [[], { email: null, remote: null }],
  [['--remote'], { email: null, remote: { env: null } }],
  [
    ['--email', 'ada@example.com', '--env', 'staging'],
    { email: 'ada@example.com', remote: { env: 'staging' } },
  ],
])('reads %j', (args, options) => {
  expect(ownerLinkOptions(args)).toEqual(options);
});

it.each([[['--email', 'ada']], [['--email', "x' OR 1=1"]], [['ada@example.com']], [['--for', 'x']]])(
  'refuses %j',
  (args) => {
    expect(() => ownerLinkOptions(args)).toThrow(StartProblem);
  },
);

/** The real schema in SQLite, with one person who owns the operator's workspace. */
function openDatabase() {
  const sqlite = new DatabaseSync(':memory:');
  for (const file of globSync(join(ROOT, 'migrations/*.sql')).sort())
    for (const statement of readFileSync(file, 'utf8').split('--> statement-breakpoint'))
      sqlite.exec(statement);
  sqlite.exec(`INSERT INTO workspaces (id, name, max_concurrent, created_at, is_operator) VALUES ('w', 'first', 1, 0, 1);
    INSERT INTO users (id, name, email, created_at, updated_at) VALUES ('u', 'Ada', 'o''neil@example.com', 0, 0)`);
  return {
    sqlite,
    workerUrl: 'http://127.0.0.1:8787',
    run: async (text: string) => sqlite.exec(text),
    select: async (text: string) => sqlite.prepare(text).all(),
  };
}

const tokenIn = (text: string) => /\/(?:setup|reset)\/([\w-]{43})$/.exec(text)?.[1] ?? '';

it('prints a link for an owner, and the last one replaces the others', async () => {
  const database = openDatabase();
  await printedLink(database, null);
  const printed = await printedLink(database, null);
  expect(printed).toContain('http://127.0.0.1:8787/setup/');
  const rows = database.sqlite.prepare('SELECT * FROM one_time_links').all();
  expect(rows).toMatchObject([
    { kind: 'owner', user_id: null, token_hash: await sha256Hex(tokenIn(printed)) },
  ]);
  expect(Number(rows[0]?.['expires_at']) - Number(rows[0]?.['created_at'])).toBe(30 * 60_000);
});

it('prints a link that sets the password of a person, and refuses an unknown address', async () => {
  const database = openDatabase();
  const printed = await printedLink(database, "O'Neil@example.com");
  const rows = database.sqlite.prepare('SELECT * FROM one_time_links').all();
  expect(rows).toMatchObject([
    { kind: 'reset', user_id: 'u', token_hash: await sha256Hex(tokenIn(printed)) },
  ]);
  await expect(printedLink(database, 'nobody@example.com')).rejects.toThrow('No account has the address');
});

it('finds out whether there is an owner', () => {
  const { sqlite } = openDatabase();
  expect(sqlite.prepare(SELECT_OWNER).all()).toEqual([]);
  sqlite.exec("INSERT INTO members VALUES ('w', 'u', 'member', 0)");
  expect(sqlite.prepare(SELECT_OWNER).all()).toEqual([]);
  sqlite.exec("UPDATE members SET role = 'owner'");
  expect(sqlite.prepare(SELECT_OWNER).all()).toHaveLength(1);
});
