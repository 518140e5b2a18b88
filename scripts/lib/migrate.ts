/** Applies migrations/ to a local D1. Uses wrangler's table, so `wrangler d1 migrations apply` sees the same state. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unstable_splitSqlQuery as splitSql } from 'wrangler';
import { ROOT } from './paths.ts';

/** The same table that wrangler creates. */
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS "d1_migrations"(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

const DIRECTORY = join(ROOT, 'migrations');

/** The names of all migrations, in order. */
export function listMigrations(): string[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith('.sql'))
    .sort();
}

/** Applies the missing migrations, each in one transaction, and returns their names. */
export async function migrate(db: D1Database): Promise<string[]> {
  await db.prepare(CREATE_TABLE).run();
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>();
  const applied = new Set(results.map((row) => row.name));
  const missing = listMigrations().filter((name) => !applied.has(name));
  for (const name of missing) {
    // Triggers contain semicolons, which wrangler's splitter understands.
    const statements = splitSql(readFileSync(join(DIRECTORY, name), 'utf8'));
    await db.batch([
      ...statements.map((sql) => db.prepare(sql)),
      db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name),
    ]);
  }
  return missing;
}
