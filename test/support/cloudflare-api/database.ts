/** One D1 database of the stand-in, on real SQLite. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { ApiRefusal } from './call.ts';
import { splitRemoteSql } from './split-sql.ts';

export interface QueryResult {
  results: Record<string, unknown>[];
  success: true;
  meta: { duration: number; changes: number; last_row_id: number; rows_read: number; rows_written: number };
}

export class Database {
  readonly sqlite = new DatabaseSync(':memory:');
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
