import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { homeOf } from '../databases/every-database.ts';
import type { Db } from '../db/client.ts';
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

/**
 * The audit log of a workspace, the newest row first. `before` is the ID of the last row of the page before; `next` that for the next
 * one. What concerns accounts is written in the first database, everything else in that of the workspace.
 */
export async function listAudit(
  ctx: Ctx,
  { workspaceId, before }: { workspaceId: string; before: string | null },
): Promise<{ entries: AuditEntry[]; next: string | null }> {
  const home = homeOf(ctx);
  const databases = home.database === ctx.database ? [ctx.db] : [home.db, ctx.db];
  const found = (await Promise.all(databases.map((db) => selectRows(db, { workspaceId, before })))).flat();
  found.sort((one, other) => (one.row.id < other.row.id ? 1 : -1));
  const emails = databases.length === 1 ? new Map<string, string>() : await readEmails(home, found);
  const entries = found.slice(0, PAGE_ROWS).map(({ row, email, keyName }) => ({
    row,
    actorName: email ?? keyName ?? emails.get(row.actorId ?? '') ?? null,
  }));
  return { entries, next: found.length > PAGE_ROWS ? (entries.at(-1)?.row.id ?? null) : null };
}

function selectRows(db: Db, { workspaceId, before }: { workspaceId: string; before: string | null }) {
  return db
    .select({ row: auditLog, email: users.email, keyName: apiKeys.name })
    .from(auditLog)
    .leftJoin(users, and(eq(auditLog.actorType, 'user'), eq(users.id, auditLog.actorId)))
    .leftJoin(apiKeys, and(eq(auditLog.actorType, 'key'), eq(apiKeys.id, auditLog.actorId)))
    .where(and(eq(auditLog.workspaceId, workspaceId), before === null ? undefined : lt(auditLog.id, before)))
    .orderBy(desc(auditLog.id))
    .limit(PAGE_ROWS + 1);
}

/** The addresses of the people who did what the rows of another database say. */
async function readEmails({ db }: Ctx, found: { row: AuditRow }[]): Promise<Map<string, string>> {
  const ids = JSON.stringify(found.map(({ row }) => row.actorId));
  const rows = await db
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(sql`${users.id} IN (SELECT value FROM json_each(${ids}))`);
  return new Map(rows.map(({ id, email }) => [id, email]));
}
