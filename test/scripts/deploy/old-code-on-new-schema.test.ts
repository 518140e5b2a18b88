import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { listMigrations } from '../../../scripts/lib/migrate.ts';
import { ROOT } from '../../../scripts/lib/paths.ts';

interface Column {
  name: string;
  type: string;
}

function apply(db: DatabaseSync, name: string): void {
  db.exec(readFileSync(join(ROOT, 'migrations', name), 'utf8'));
}

function columnsOf(db: DatabaseSync, table: string): Column[] {
  const rows = db.prepare(`SELECT name, type FROM pragma_table_info('${table}')`).all();
  return rows.map((row) => ({ name: String(row.name), type: String(row.type) }));
}

/** The tables that code before the next migration knows, with the columns that it names. */
function schemaOf(db: DatabaseSync): [table: string, columns: Column[]][] {
  const tables = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all();
  return tables.map(({ name }) => [String(name), columnsOf(db, String(name))]);
}

/** One row with a value of its own in every column, so that no unique index is met. */
function insert(db: DatabaseSync, table: string, columns: Column[], mark: number): void {
  const values = columns.map(({ type }, index) =>
    type.toLowerCase() === 'integer' ? mark * 1000 + index : `value-${mark}-${index}`,
  );
  const names = columns.map(({ name }) => `\`${name}\``).join(', ');
  const places = columns.map(() => '?').join(', ');
  db.prepare(`INSERT INTO \`${table}\` (${names}) VALUES (${places})`).run(...values);
}

describe('code that runs while the next version is deployed', () => {
  const files = listMigrations();

  // Each file only expands; a later one may contract what no deployed version names any more, and is then left out here by name.
  test.each(files.map((name, index) => [name, index] as const))(
    'still reads and writes its tables after %s',
    (name, index) => {
      const db = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false });
      for (const earlier of files.slice(0, index)) apply(db, earlier);
      const known = schemaOf(db);
      for (const [table, columns] of known) insert(db, table, columns, 1);
      apply(db, name);
      for (const [table, columns] of known) {
        insert(db, table, columns, 2);
        const read = `SELECT ${columns.map((column) => `\`${column.name}\``).join(', ')} FROM \`${table}\``;
        expect(db.prepare(read).all()).toHaveLength(2);
      }
    },
  );

  test.each([
    ['0035_rows_by_key.sql', ['attempts', 'artifacts', 'placements', 'events', 'ledger']],
    ['0040_bill_by_job.sql', ['ledger']],
    ['0043_jobs_by_key.sql', ['jobs']],
  ])('keeps every value of the tables that %s builds again', (name, tables) => {
    const db = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false });
    for (const earlier of files.slice(0, files.indexOf(name))) apply(db, earlier);
    for (const table of tables) for (const mark of [1, 2]) insert(db, table, columnsOf(db, table), mark);
    const reads = tables.map((table) => {
      const names = columnsOf(db, table).map((column) => `\`${column.name}\``);
      return `SELECT ${names.toSorted().join(', ')} FROM ${table} ORDER BY ${names[0]}`;
    });
    const read = () => reads.map((query) => db.prepare(query).all());
    const before = read();
    expect(before.map((rows) => rows.length)).toEqual(tables.map(() => 2));
    apply(db, name);
    expect(read()).toEqual(before);
    const triggers = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' ORDER BY name";
    const kept = db.prepare(triggers).all();
    const unchanged = new DatabaseSync(':memory:');
    for (const earlier of files.slice(0, files.indexOf(name))) apply(unchanged, earlier);
    expect(kept).toEqual(expect.arrayContaining(unchanged.prepare(triggers).all()));
  });

  test('jobs are built again while other tables refer to them', () => {
    const name = '0043_jobs_by_key.sql';
    const db = new DatabaseSync(':memory:');
    for (const earlier of files.slice(0, files.indexOf(name))) apply(db, earlier);
    db.exec(`INSERT INTO workspaces (id, name, max_concurrent, created_at) VALUES ('w', 'w', 2, 0);
      INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at) VALUES ('j', 'w', 'import', 'queued', '{}', 5, 0);
      INSERT INTO events (id, workspace_id, job_id, type, created_at) VALUES ('e', 'w', 'j', 'import.completed', 0);`);
    db.exec(`BEGIN; ${readFileSync(join(ROOT, 'migrations', name), 'utf8')} COMMIT;`);
    expect(db.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
    expect(() => db.exec(`DELETE FROM jobs`)).toThrow('FOREIGN KEY constraint failed');
    expect(db.prepare('SELECT id, status FROM jobs').all()).toEqual([{ id: 'j', status: 'queued' }]);
    expect(db.prepare('SELECT queued, next_due_at FROM workspaces').all()).toEqual([
      { queued: 1, next_due_at: 5 },
    ]);
  });

  test('a column without a default, as a migration must not add it, would be noticed', () => {
    const db = new DatabaseSync(':memory:');
    db.exec('CREATE TABLE t (a integer)');
    const columns = columnsOf(db, 't');
    insert(db, 't', columns, 1);
    db.exec('ALTER TABLE t RENAME TO u; CREATE TABLE t (a integer, b text NOT NULL)');
    expect(() => insert(db, 't', columns, 2)).toThrow('NOT NULL constraint failed');
  });
});
