import { index, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { time } from './time.ts';
import { workspaces } from './workspaces.ts';

/** Answers to requests with an Idempotency-Key. A row is inserted in the batch that makes what its answer is about. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    /** SHA-256 of the key. */
    keyHash: text('key_hash').notNull(),
    /** SHA-256 of method, path and body of the request, and of the ID of the API key if the answer is for this key only. */
    fingerprint: text('fingerprint').notNull(),
    /** Encrypted: some answers contain a secret. */
    answer: text('answer').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.keyHash] }),
    // The sweep deletes the oldest rows.
    index('idempotency_keys_age').on(t.createdAt),
  ],
);
