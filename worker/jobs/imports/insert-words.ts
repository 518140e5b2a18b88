import { sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { importWords } from '../../db/tables/import-lists.ts';

interface NewWords {
  workspaceId: string;
  importId: string;
  words: string[];
}

/** The statement that makes imports searchable by these words, while `exists` is true. */
export function insertWords(ctx: Ctx, entries: NewWords[], exists: SQL) {
  const rows = entries.flatMap(({ workspaceId, importId, words }) =>
    words.map((word) => [workspaceId, word, importId]),
  );
  // One bound value, however many words.
  const values = sql`SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${JSON.stringify(rows)}) WHERE ${exists}`;
  return ctx.db.insert(importWords).select(values).onConflictDoNothing();
}
