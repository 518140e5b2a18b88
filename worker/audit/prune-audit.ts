import { lt, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { auditLog } from '../db/tables/audit-log.ts';
import { idPrefixOf } from '../ids.ts';

/** For how long a row is kept, in milliseconds. */
const KEPT_MS = 400 * 86_400_000;
/** Rows that one sweep deletes. */
const MAX_ROWS = 1000;

/** Deletes the oldest rows that were kept long enough. Their IDs sort by time, so the primary key finds them. */
export async function pruneAudit({ db, now }: Ctx): Promise<void> {
  const oldest = db
    .select({ id: auditLog.id })
    .from(auditLog)
    .where(lt(auditLog.id, idPrefixOf(now() - KEPT_MS)))
    .limit(MAX_ROWS);
  await db.delete(auditLog).where(sql`${auditLog.id} IN ${oldest}`);
}
