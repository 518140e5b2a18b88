import { and, desc, eq, lt } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { AuditRow } from '../db/rows.ts';
import { users } from '../db/tables/accounts.ts';
import { auditLog } from '../db/tables/audit-log.ts';
import { apiKeys } from '../db/tables/workspaces.ts';

const PAGE_ROWS = 50;

/** A row with the name of its actor: of a person the address, of an API key its name. Null for the service, and for what was deleted. */
export interface AuditEntry {
  row: AuditRow;
  actorName: string | null;
}

/** The audit log of a workspace, the newest row first. `before` is the ID of the last row of the page before; `next` that for the next one. */
export async function listAudit(
  { db }: Ctx,
  { workspaceId, before }: { workspaceId: string; before: string | null },
): Promise<{ entries: AuditEntry[]; next: string | null }> {
  const found = await db
    .select({ row: auditLog, email: users.email, keyName: apiKeys.name })
    .from(auditLog)
    .leftJoin(users, and(eq(auditLog.actorType, 'user'), eq(users.id, auditLog.actorId)))
    .leftJoin(apiKeys, and(eq(auditLog.actorType, 'key'), eq(apiKeys.id, auditLog.actorId)))
    .where(and(eq(auditLog.workspaceId, workspaceId), before === null ? undefined : lt(auditLog.id, before)))
    .orderBy(desc(auditLog.id))
    .limit(PAGE_ROWS + 1);
  const entries = found
    .slice(0, PAGE_ROWS)
    .map(({ row, email, keyName }) => ({ row, actorName: email ?? keyName }));
  return { entries, next: found.length > PAGE_ROWS ? (entries.at(-1)?.row.id ?? null) : null };
}
