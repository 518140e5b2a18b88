/** Workspaces (the tenants) and their API keys. */
import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Scope } from '../../contract/api/scopes.ts';
import { time } from './time.ts';

/** Keys that were created before scopes existed. The list is a default of the database and never changes. */
const SCOPES_OF_OLD_KEYS: readonly Scope[] = [
  'imports:read',
  'imports:write',
  'storage',
  'webhooks',
  'usage',
  'admin',
];

/** A tenant. The triggers of migration 0001 derive `running`, `queued` and `nextDueAt` from its jobs: never write them. */
export const workspaces = sqliteTable(
  'workspaces',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    maxConcurrent: integer('max_concurrent').notNull(),
    running: integer('running').notNull().default(0),
    queued: integer('queued').notNull().default(0),
    /** When its next queued job is due. Null when no job is queued. */
    nextDueAt: time('next_due_at'),
    createdAt: time('created_at').notNull(),
  },
  (t) => [
    // claimNext reads this index: only workspaces that may start a job, those with the fewest running jobs first.
    index('workspaces_claimable')
      .on(t.running, t.nextDueAt)
      .where(sql`next_due_at IS NOT NULL AND running < max_concurrent`),
  ],
);

/** An API key. Only its SHA-256 is stored. */
export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    name: text('name').notNull(),
    hash: text('hash').notNull(),
    lastFour: text('last_four').notNull(),
    /** What the key may do. */
    scopes: text('scopes', { mode: 'json' }).$type<readonly Scope[]>().notNull().default(SCOPES_OF_OLD_KEYS),
    createdAt: time('created_at').notNull(),
    revokedAt: time('revoked_at'),
  },
  (t) => [uniqueIndex('api_keys_hash').on(t.hash)],
);
