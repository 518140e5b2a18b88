/** Direct access for tests to the SQLite files of a local stack, while it runs or after it has stopped. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

export type Row = Record<string, unknown>;

/** A statement with its values. */
export type Statement = readonly [sql: string, ...values: SQLInputValue[]];

/**
 * The service waits for no lock, so that its requests fail while another process writes: the transaction is as short as possible. It is not
 * flushed to the disk, and the log of changes is left to the service.
 */
const OPTIONS = 'PRAGMA busy_timeout = 10000; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0';

/** Runs statements on a database in the state directory, together or not at all, and returns the rows of the last one. `kind` is the folder of the Cloudflare product. */
function query(stateDirectory: string, kind: 'd1' | 'r2', statements: readonly Statement[]): Row[] {
  const files = globSync(join(stateDirectory, 'v3', kind, '*', '*.sqlite'));
  const file = files.find((name) => !name.endsWith('metadata.sqlite'));
  // R2 creates its file with the first object.
  if (file === undefined) return [];
  const database = new DatabaseSync(file);
  try {
    database.exec(OPTIONS);
    // R2 creates its file a moment before its tables.
    if (
      kind === 'r2' &&
      database.prepare(`SELECT 1 FROM sqlite_master WHERE name = '_mf_multipart_parts'`).get() === undefined
    )
      return [];
    const prepared = statements.map(([sql, ...values]) => ({ statement: database.prepare(sql), values }));
    if (statements.length > 1) database.exec('BEGIN IMMEDIATE');
    const rows = prepared.map(({ statement, values }) => statement.all(...values));
    if (statements.length > 1) database.exec('COMMIT');
    return rows.at(-1) ?? [];
  } finally {
    database.close();
  }
}

/** Runs one statement on D1 and returns its rows. */
export function d1(stateDirectory: string, sql: string, ...values: SQLInputValue[]): Row[] {
  return query(stateDirectory, 'd1', [[sql, ...values]]);
}

/** Runs statements on D1, together or not at all. */
export function d1Batch(stateDirectory: string, statements: readonly Statement[]): void {
  query(stateDirectory, 'd1', statements);
}

/** Returns the keys of all objects in service storage. */
export function storedKeys(stateDirectory: string): string[] {
  return query(stateDirectory, 'r2', [['SELECT key FROM _mf_objects ORDER BY key']]).map((row) =>
    String(row['key']),
  );
}

/** Reads an object of service storage. */
export function storedBytes(stateDirectory: string, key: string): Buffer {
  const ids = [
    'SELECT blob_id FROM _mf_objects WHERE key = ? AND blob_id IS NOT NULL',
    'SELECT blob_id FROM _mf_multipart_parts WHERE object_key = ? ORDER BY part_number',
  ].flatMap((sql) => query(stateDirectory, 'r2', [[sql, key]]).map((row) => String(row['blob_id'])));
  const paths = ids.flatMap((id) => globSync(join(stateDirectory, 'v3', 'r2', '*', 'blobs', id)));
  return Buffer.concat(paths.map((path) => readFileSync(path)));
}

export interface OpenUpload {
  key: string;
  uploadId: string;
}

/** The unfinished uploads to service storage. */
export function unfinishedUploads(stateDirectory: string): OpenUpload[] {
  const sql = 'SELECT key, upload_id AS uploadId FROM _mf_multipart_uploads WHERE state = 0';
  return query(stateDirectory, 'r2', [[sql]]) as unknown as OpenUpload[];
}

/** Counts the parts of unfinished uploads in service storage. State 0 means "in progress". */
export function unfinishedParts(stateDirectory: string): number {
  const sql = `SELECT count(*) AS parts FROM _mf_multipart_parts
    JOIN _mf_multipart_uploads USING (upload_id) WHERE state = 0`;
  return Number(query(stateDirectory, 'r2', [[sql]])[0]?.['parts'] ?? 0);
}
