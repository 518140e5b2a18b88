import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { AuditAction, AuditActorType } from '../../contract/accounts/audit.ts';
import { time } from './time.ts';

/** Who changed settings, keys and members of a workspace. A row is inserted in the batch that makes its change. */
export const auditLog = sqliteTable(
  'audit_log',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    actorType: text('actor_type').$type<AuditActorType>().notNull(),
    actorId: text('actor_id').notNull(),
    action: text('action').$type<AuditAction>().notNull(),
    /** What was changed: an ID, and the name or address that it had. Null when the action says it all. */
    subjectId: text('subject_id'),
    subjectName: text('subject_name'),
    /** Which change, such as the new role. Never a secret. */
    details: text('details', { mode: 'json' }).$type<Record<string, unknown>>(),
    createdAt: time('created_at').notNull(),
  },
  // The log of a workspace, the newest row first.
  (t) => [index('audit_log_workspace').on(t.workspaceId, t.id)],
);
