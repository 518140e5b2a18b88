import { sql, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { apiKeys } from '../../db/tables/workspaces.ts';
import type { MadeKey } from './api-key.ts';

/** Statements that a caller adds to the batch that inserts a key. They must change nothing unless `exists` is true. */
export type AlongsideKey = (made: MadeKey, exists: SQL) => Promise<BatchItem<'sqlite'>[]>;

/** True in a batch from the statement on that inserts the key. */
export function keyExists({ row }: MadeKey): SQL {
  return sql`EXISTS (SELECT 1 FROM ${apiKeys} AS made WHERE made.id = ${row.id})`;
}
