/** Workspaces (the tenants) and their API keys. */
import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { KeyLimits, LimitWindow } from '../../contract/api/limits.ts';
import type { PlanName } from '../../contract/plans.ts';
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

/**
 * A tenant. Triggers derive `running`, `queued`, `nextDueAt` and `nextPageDueAt` from its jobs, and the three sums from `ledger`
 * and `credits`: never write them.
 */
export const workspaces = sqliteTable(
  'workspaces',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** Which rates apply to it while RATE_LIMITS is on. */
    plan: text('plan').$type<PlanName>().notNull().default('free'),
    /** True for the workspace of the person who runs the service: the first one. */
    isOperator: integer('is_operator', { mode: 'boolean' }).notNull().default(false),
    maxConcurrent: integer('max_concurrent').notNull(),
    running: integer('running').notNull().default(0),
    queued: integer('queued').notNull().default(0),
    /** When its next queued job is due, and its next queued page. Null when there is none. */
    nextDueAt: time('next_due_at'),
    nextPageDueAt: time('next_page_due_at'),
    createdAt: time('created_at').notNull(),
    /** What the workspace has paid, and what its billed jobs cost. The difference is its balance. */
    creditedMicrodollars: integer('credited_microdollars').notNull().default(0),
    spentMicrodollars: integer('spent_microdollars').notNull().default(0),
    /** How much of FREE_BYTES its billed jobs have used. */
    freeBytesUsed: integer('free_bytes_used').notNull().default(0),
  },
  (t) => [
    // claimNext reads this index: only workspaces that may start a job, those with the fewest running jobs first.
    index('workspaces_claimable')
      .on(t.running, t.nextDueAt)
      .where(sql`next_due_at IS NOT NULL AND running < max_concurrent`),
    // The same for slots that take pages.
    index('workspaces_page_claimable')
      .on(t.running, t.nextPageDueAt)
      .where(sql`next_page_due_at IS NOT NULL AND running < max_concurrent`),
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
    /** Null: the key works until it is revoked. */
    expiresAt: time('expires_at'),
    /** Addresses and CIDRs that may use the key; null: all. */
    allowedAddresses: text('allowed_addresses', { mode: 'json' }).$type<readonly string[]>(),
    /** Rates below those of the plan. */
    limits: text('limits', { mode: 'json' }).$type<KeyLimits>(),
    /** In which windows its requests count. Null: in its own, if it has limits. */
    limitWindows: text('limit_windows', { mode: 'json' }).$type<readonly LimitWindow[]>(),
    /** Of the last accepted request, to the minute. */
    lastUsedAt: time('last_used_at'),
    /** The key that created it; null for keys made by a script. */
    createdBy: text('created_by'),
    /** The key that a rotation made in its place. */
    replacedBy: text('replaced_by'),
  },
  (t) => [
    uniqueIndex('api_keys_hash').on(t.hash),
    // GET /keys, the number of keys of a workspace, and the search for its other admin keys.
    index('api_keys_workspace').on(t.workspaceId, t.id),
  ],
);
