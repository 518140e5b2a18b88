/** Workspaces of a user: made, renamed, and switched between. */
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { auditRow } from '../../audit/audit-row.ts';
import { DEFAULT_MAX_CONCURRENT } from '../../auth/workspace.ts';
import type { Ctx, Principal } from '../../context.ts';
import { boundRow } from '../../db/bound-row.ts';
import { sessions, users } from '../../db/tables/accounts.ts';
import { members } from '../../db/tables/members.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';
import { databaseOfId } from '../../ids.ts';
import { Name, parseInput } from '../account-input.ts';
import type { SiteSession } from '../site-session.ts';
import { chooseDatabase } from './choose-database.ts';

const Named = z.object({ name: Name });

/** The workspaces that one user may own, so that open sign-up does not give a person unlimited free bytes and rates. */
const MAX_OWN_WORKSPACES = 10;

/**
 * Statements that make a workspace owned by a user, who is inserted before them in the batch. They do nothing for a user who owns
 * `most` workspaces; the first one returns a row if it made the workspace. In another database than the first one, the workspace has a
 * row before that: `discard` removes it when the batch did not make the workspace.
 */
export async function ownWorkspace(
  ctx: Ctx,
  { userId, name, most }: { userId: string; name: string; most?: number },
) {
  const own = await chooseDatabase(ctx);
  const workspaceId = own.newId();
  const createdAt = ctx.now();
  const by = { workspaceId, actor: { type: 'user' as const, id: userId } };
  const change = { by, action: 'workspace.created' as const, subjectId: workspaceId, subjectName: name };
  const workspace = { id: workspaceId, name, maxConcurrent: DEFAULT_MAX_CONCURRENT, createdAt };
  const member = boundRow(members, { workspaceId, userId, role: 'owner', createdAt });
  const isMade = eq(workspaces.id, workspaceId);
  const isElsewhere = own.database !== ctx.database;
  if (isElsewhere) await own.db.insert(workspaces).values(workspace);
  const discard = async (): Promise<void> => {
    if (isElsewhere) await own.db.delete(workspaces).where(isMade);
  };
  const owned = sql`(SELECT count(*) FROM ${members} WHERE ${members.userId} = ${userId} AND ${members.role} = 'owner')`;
  const hasRoom = most === undefined ? undefined : sql`${owned} < ${most}`;
  const statements = [
    ctx.db
      .insert(workspaces)
      .select(
        ctx.db
          .select(boundRow(workspaces, workspace))
          .from(users)
          .where(and(eq(users.id, userId), hasRoom)),
      )
      .returning({ id: workspaces.id }),
    ctx.db.insert(members).select(ctx.db.select(member).from(workspaces).where(isMade)),
    auditRow(ctx, change, { table: workspaces, where: isMade }),
  ] as const;
  return { workspaceId, statements, discard };
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
  const limit = session.isOperator ? {} : { most: MAX_OWN_WORKSPACES };
  const owner = { userId: session.user.id, name };
  const { workspaceId, statements, discard } = await ownWorkspace(ctx, { ...owner, ...limit });
  const isMade = sql`EXISTS (SELECT 1 FROM ${workspaces} WHERE ${workspaces.id} = ${workspaceId})`;
  const [made] = await ctx.db.batch([
    ...statements,
    ctx.db
      .update(sessions)
      .set({ workspaceId })
      .where(and(eq(sessions.id, session.sessionId), isMade)),
  ]);
  if (made.length > 0) return;
  await discard();
  throw new AppError('invalid_request', `You own ${MAX_OWN_WORKSPACES} workspaces, which is the limit.`);
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
  const own = ctx.ofDatabase(databaseOfId(principal.workspaceId)) ?? ctx;
  if (own.database !== ctx.database) await own.db.update(workspaces).set({ name }).where(where);
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
