import { and, eq, ne } from 'drizzle-orm';
import { auditRow } from '../../audit/audit-row.ts';
import type { Ctx, Principal } from '../../context.ts';
import type { PlanName } from '../../contract/plans.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';
import { databaseOfId } from '../../ids.ts';

/**
 * Gives a workspace another plan, which counts for its next request. `principal` is the operator, in whose workspace the change is
 * recorded; the changed workspace reads that the service changed its plan, without the address of a stranger. AppError `not_found`.
 */
export async function changePlan(
  ctx: Ctx,
  { principal, workspaceId, plan }: { principal: Principal; workspaceId: string; plan: PlanName },
): Promise<{ name: string }> {
  const found = await ctx.db.query.workspaces.findFirst({ where: eq(workspaces.id, workspaceId) });
  if (!found) throw new AppError('not_found');
  const where = and(eq(workspaces.id, workspaceId), ne(workspaces.plan, plan));
  const change = {
    action: 'workspace.plan_changed' as const,
    subjectId: workspaceId,
    subjectName: workspaces.name,
    details: { from: found.plan, to: plan },
  };
  const others = principal.workspaceId === workspaceId ? [] : [{ workspaceId }];
  await ctx.db.batch([
    auditRow(ctx, { ...change, by: principal }, { table: workspaces, where }),
    ...others.map((by) => auditRow(ctx, { ...change, by }, { table: workspaces, where })),
    ctx.db.update(workspaces).set({ plan }).where(where),
  ]);
  // API keys read the plan there, sessions in the first database.
  const own = ctx.ofDatabase(databaseOfId(workspaceId)) ?? ctx;
  if (own.database !== ctx.database)
    await own.db.update(workspaces).set({ plan }).where(eq(workspaces.id, workspaceId));
  return found;
}
