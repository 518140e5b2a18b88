/** Workspaces of a user: made, renamed, and switched between. */
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { auditRow } from '../../audit/audit-row.ts';
import { DEFAULT_MAX_CONCURRENT } from '../../auth/workspace.ts';
import type { Ctx, Principal } from '../../context.ts';
import { sessions } from '../../db/tables/accounts.ts';
import { members } from '../../db/tables/members.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';
import { Name, parseInput } from '../account-input.ts';
import type { SiteSession } from '../site-session.ts';

const Named = z.object({ name: Name });

/** The workspaces that one user may own, so that open sign-up does not give a person unlimited free bytes and rates. */
const MAX_OWN_WORKSPACES = 10;

/** Statements that make a workspace owned by a user, who is inserted before them in the batch. */
export function ownWorkspace(ctx: Ctx, { userId, name }: { userId: string; name: string }) {
  const workspaceId = ctx.newId();
  const createdAt = ctx.now();
  const by = { workspaceId, actor: { type: 'user' as const, id: userId } };
  const change = { by, action: 'workspace.created' as const, subjectId: workspaceId, subjectName: name };
  const statements = [
    ctx.db
      .insert(workspaces)
      .values({ id: workspaceId, name, maxConcurrent: DEFAULT_MAX_CONCURRENT, createdAt }),
    ctx.db.insert(members).values({ workspaceId, userId, role: 'owner', createdAt }),
    auditRow(ctx, change, { table: workspaces, where: eq(workspaces.id, workspaceId) }),
  ] as const;
  return { workspaceId, statements };
}

/** Whether the user may make workspaces: the operator always, others where sign-up is open. */
export function mayMakeWorkspace({ config }: Pick<Ctx, 'config'>, { isOperator }: SiteSession): boolean {
  return isOperator || config.OPEN_SIGNUP === 'true';
}

/** Makes a workspace that the user owns, and shows it in this session. AppError `insufficient_role`, or `invalid_request` at the limit. */
export async function makeOwnWorkspace(
  ctx: Ctx,
  { session, input }: { session: SiteSession; input: unknown },
): Promise<void> {
  if (!mayMakeWorkspace(ctx, session)) throw new AppError('insufficient_role');
  const { name } = parseInput(Named, input);
  const owned = session.workspaces.filter(({ role }) => role === 'owner').length;
  if (!session.isOperator && owned >= MAX_OWN_WORKSPACES)
    throw new AppError('invalid_request', `You own ${owned} workspaces, which is the limit.`);
  const { workspaceId, statements } = ownWorkspace(ctx, { userId: session.user.id, name });
  await ctx.db.batch([
    ...statements,
    ctx.db.update(sessions).set({ workspaceId }).where(eq(sessions.id, session.sessionId)),
  ]);
}

/** Gives the principal's workspace another name. */
export async function renameWorkspace(
  ctx: Ctx,
  { principal, input }: { principal: Principal; input: unknown },
): Promise<void> {
  const { name } = parseInput(Named, input);
  const where = eq(workspaces.id, principal.workspaceId);
  const change = {
    by: principal,
    action: 'workspace.renamed' as const,
    subjectId: principal.workspaceId,
    subjectName: name,
  };
  await ctx.db.batch([
    auditRow(ctx, change, { table: workspaces, where }),
    ctx.db.update(workspaces).set({ name }).where(where),
  ]);
}

/** Shows another workspace of the user in this session. AppError `not_found` for one that the user does not belong to. */
export async function switchWorkspace(
  ctx: Ctx,
  { session, workspaceId }: { session: SiteSession; workspaceId: string },
): Promise<void> {
  const isMember = sql`EXISTS (SELECT 1 FROM ${members} WHERE ${and(eq(members.workspaceId, workspaceId), eq(members.userId, session.user.id))})`;
  const changed = await ctx.db
    .update(sessions)
    .set({ workspaceId })
    .where(and(eq(sessions.id, session.sessionId), isMember))
    .returning({ id: sessions.id });
  if (changed.length === 0) throw new AppError('not_found');
}
