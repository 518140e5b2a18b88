/** A test's own door to the state of a local stack: its SQLite files, beside the running service. No part of the product. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

export type Row = Record<string, unknown>;

/** Rows of one database under the state directory; `kind` is the folder of the product that keeps it. */
function query(stateDirectory: string, kind: 'd1' | 'r2', sql: string, values: SQLInputValue[]): Row[] {
  const files = globSync(join(stateDirectory, 'v3', kind, '*', '*.sqlite'));
  const file = files.find((name) => !name.endsWith('metadata.sqlite'));
  // R2 makes its file with the first object.
  if (file === undefined) return [];
  const database = new DatabaseSync(file);
  try {
    // The service writes at the same time: waits for its turn, in ms.
    database.exec('PRAGMA busy_timeout = 10000');
    // R2 makes its file a moment before the tables in it.
    if (
      kind === 'r2' &&
      database.prepare(`SELECT 1 FROM sqlite_master WHERE name = '_mf_multipart_parts'`).get() === undefined
    )
      return [];
    return database.prepare(sql).all(...values);
  } finally {
    database.close();
  }
}

/** Runs one statement on D1 and answers its rows. */
export function d1(stateDirectory: string, sql: string, ...values: SQLInputValue[]): Row[] {
  return query(stateDirectory, 'd1', sql, values);
}

/** Keys of what is in service storage. */
export function storedKeys(stateDirectory: string): string[] {
  return query(stateDirectory, 'r2', 'SELECT key FROM _mf_objects ORDER BY key', []).map((row) =>
    String(row['key']),
  );
}

/** How many parts of uploads lie in service storage that are neither complete nor aborted. State 0 is "in progress". */
export function unfinishedParts(stateDirectory: string): number {
  const sql = `SELECT count(*) AS parts FROM _mf_multipart_parts
    JOIN _mf_multipart_uploads USING (upload_id) WHERE state = 0`;
  return Number(query(stateDirectory, 'r2', sql, [])[0]?.['parts'] ?? 0);
}
