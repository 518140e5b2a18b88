import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../../scripts/lib/paths.ts';
import { Database } from '../../support/cloudflare-api/database.ts';
import { splitRemoteSql } from '../../support/cloudflare-api/split-sql.ts';

const directory = join(ROOT, 'migrations');
const files = readdirSync(directory)
  .filter((name) => name.endsWith('.sql'))
  .sort();

describe('migrations', () => {
  test('the remote splitter of D1 takes every migration', () => {
    const database = new Database('id', 'name');
    for (const name of files) {
      const sql = readFileSync(join(directory, name), 'utf8');
      expect(() => database.query(sql, [])).not.toThrow();
    }
  });

  test.each(files)('%s has each trigger on one line', (name) => {
    const statements = splitRemoteSql(readFileSync(join(directory, name), 'utf8'));
    const triggers = statements.filter((statement) => /^\s*CREATE\s+TRIGGER/im.test(statement));
    for (const trigger of triggers) {
      expect(trigger.trim()).toMatch(/\bEND;\s*(?:--.*)?$/i);
      // Some splitters take the END of a CASE for that of the trigger, unless it stands in parentheses.
      expect(trigger).not.toMatch(/\bCASE\b(?![^;]*\bEND\s*\))/i);
    }
  });

  test('a trigger over several lines is refused as incomplete, and nothing of its file stays', () => {
    const database = new Database('id', 'name');
    const sql =
      'CREATE TABLE t (a);\nCREATE TRIGGER g AFTER INSERT ON t BEGIN\n  UPDATE t SET a = 1;\nEND;\n';
    expect(() => database.query(sql, [])).toThrow('incomplete input: SQLITE_ERROR');
    expect(database.query('SELECT name FROM sqlite_master', [])[0]?.results).toEqual([]);
  });
});
