/** One D1 database of the stand-in, on real SQLite. */
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { ApiRefusal } from './call.ts';
import { splitRemoteSql } from './split-sql.ts';

export interface QueryResult {
  results: Record<string, unknown>[];
  success: true;
  meta: { duration: number; changes: number; last_row_id: number; rows_read: number; rows_written: number };
}

export class Database {
  sqlite = new DatabaseSync(':memory:');
  /** States that can be restored, the oldest first. D1 keeps each state; this keeps those that were asked for. */
  readonly #states: { bookmark: string; atMs: number; file: string }[] = [];
  readonly uuid: string;
  readonly name: string;
  constructor(uuid: string, name: string) {
    this.uuid = uuid;
    this.name = name;
  }

  /** All statements of a request in one transaction; throws D1's error 7500 and leaves nothing of it. */
  query(sql: string, params: SQLInputValue[]): QueryResult[] {
    this.sqlite.exec('BEGIN');
    try {
      const answers = splitRemoteSql(sql).map((statement) => this.#run(statement, params));
      this.sqlite.exec('COMMIT');
      return answers;
    } catch (error) {
      this.sqlite.exec('ROLLBACK');
      const message = error instanceof Error ? error.message : 'unknown error';
      throw new ApiRefusal(400, 7500, `${message}: SQLITE_ERROR`);
    }
  }

  /** The bookmark of now, or of the last state before a timestamp; throws when there is none. */
  bookmark(timestamp: string | null): string {
    if (timestamp === null) return this.#keepState();
    const found = this.#states.findLast(({ atMs }) => atMs <= Date.parse(timestamp));
    if (found === undefined) throw new ApiRefusal(400, 7400, 'no state was kept at that time');
    return found.bookmark;
  }

  /** Replaces everything by an earlier state. */
  restore(bookmark: string): void {
    const state = this.#states.find((known) => known.bookmark === bookmark);
    if (state === undefined) throw new ApiRefusal(400, 7400, 'no such bookmark');
    this.sqlite.close();
    const copy = `${state.file}-${randomUUID()}`;
    copyFileSync(state.file, copy);
    this.sqlite = new DatabaseSync(copy);
  }

  #keepState(): string {
    const bookmark = randomUUID();
    const file = join(mkdtempSync(join(tmpdir(), 'importly-d1-')), 'state.sqlite');
    this.sqlite.prepare('VACUUM INTO ?').run(file);
    this.#states.push({ bookmark, atMs: Date.now(), file });
    return bookmark;
  }

  /** Removes the kept states. */
  close(): void {
    for (const { file } of this.#states) rmSync(dirname(file), { recursive: true, force: true });
  }

  #run(statement: string, params: SQLInputValue[]): QueryResult {
    const prepared = this.sqlite.prepare(statement);
    const before = this.sqlite.prepare('SELECT total_changes() AS n').get() as { n: number };
    const results = prepared.all(...params) as Record<string, unknown>[];
    const after = this.sqlite.prepare('SELECT total_changes() AS n').get() as { n: number };
    const changes = after.n - before.n;
    const meta = { duration: 0.1, changes, last_row_id: 0, rows_read: results.length, rows_written: changes };
    return { results, success: true, meta };
  }
}
