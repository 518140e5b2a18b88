/** Rows of the audit log, for the batch that makes the change. */
import type { SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Ctx, Principal } from '../context.ts';
import type { AuditAction } from '../contract/accounts/audit.ts';
import { boundRow } from '../db/bound-row.ts';
import { auditLog } from '../db/tables/audit-log.ts';

const SERVICE: Principal['actor'] = { type: 'system', id: 'service' };

/** Who makes a change, and in which workspace. Without an actor, it is the service itself or a script. */
export interface By {
  workspaceId: string;
  actor?: Principal['actor'] | undefined;
}

/** A change of a workspace by somebody. `details` never holds a secret. */
export interface Change {
  by: By;
  action: AuditAction;
  subjectId?: string | null;
  /** A text, or the column of the changed row that holds it. */
  subjectName?: string | SQLiteColumn | null;
  details?: Record<string, unknown>;
}

/**
 * The statement that records a change of the row that `where` selects in `table`; none when it selects no row. Put it
 * before a statement that changes or deletes the row under the same condition, or behind one that inserts it.
 */
export function auditRow(
  { db, newId, now }: Pick<Ctx, 'db' | 'newId' | 'now'>,
  change: Change,
  { table, where }: { table: SQLiteTable; where: SQL | undefined },
): BatchItem<'sqlite'> {
  const { by, action, subjectId = null, subjectName = null, details = null } = change;
  const { actor = SERVICE } = by;
  const isText = subjectName === null || typeof subjectName === 'string';
  const row = {
    id: newId(),
    workspaceId: by.workspaceId,
    actorType: actor.type,
    actorId: actor.id,
    action,
    subjectId,
    subjectName: isText ? subjectName : null,
    details,
    createdAt: now(),
  };
  const bound = boundRow(auditLog, row);
  const selected = isText ? bound : { ...bound, subjectName };
  return db.insert(auditLog).select(db.select(selected).from(table).where(where).limit(1));
}
