/** Destinations: the buckets of customers. */
import { sql } from 'drizzle-orm';
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { LearnedFacts, ServerSideEncryption } from '../destination-columns.ts';
import { time } from './time.ts';
import { workspaces } from './workspaces.ts';

/** A customer's bucket. Each credential is an AES-256-GCM record bound to its workspace, destination and field. */
export const destinations = sqliteTable(
  'destinations',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    name: text('name').notNull(),
    isDefault: integer('is_default', { mode: 'boolean' }).notNull(),
    endpoint: text('endpoint'),
    region: text('region').notNull(),
    bucket: text('bucket').notNull(),
    defaultPathPrefix: text('default_path_prefix'),
    storageClass: text('storage_class'),
    acl: text('acl'),
    sse: text('sse', { mode: 'json' }).$type<ServerSideEncryption>(),
    tags: text('tags', { mode: 'json' }).$type<Record<string, string>>(),
    metadata: text('metadata', { mode: 'json' }).$type<Record<string, string>>(),
    expectedBucketOwner: text('expected_bucket_owner'),
    /** Base URL of public links, used instead of the provider's own. */
    publicBaseUrl: text('public_base_url'),
    /** Lifetime of presigned links. Null: links are not presigned. */
    presignedUrlSeconds: integer('presigned_url_seconds'),
    addressing: text('addressing').$type<'auto' | 'path' | 'virtual'>().notNull().default('auto'),
    fallback: text('fallback').$type<'service' | 'none'>().notNull().default('service'),
    /** Buckets that a request may name. Null: any bucket. */
    allowedBuckets: text('allowed_buckets', { mode: 'json' }).$type<string[]>(),
    /** Facts taken from the provider's answers. Cleared when the endpoint, bucket or keys change. */
    learned: text('learned', { mode: 'json' }).$type<LearnedFacts>(),
    sessionToken: text('session_token'),
    accessKeyId: text('access_key_id').notNull(),
    secretAccessKey: text('secret_access_key').notNull(),
    accessKeyIdLastFour: text('access_key_id_last_four').notNull(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('destinations_name').on(t.workspaceId, t.name),
    uniqueIndex('destinations_default')
      .on(t.workspaceId)
      .where(sql`is_default = 1`),
  ],
);
