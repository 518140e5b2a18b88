/** Invitations: made, listed and withdrawn by owners. */
import { and, desc, eq, not, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { auditRow } from '../../audit/audit-row.ts';
import type { Ctx, Principal } from '../../context.ts';
import { boundRow } from '../../db/bound-row.ts';
import type { InvitationRow } from '../../db/rows.ts';
import { users } from '../../db/tables/accounts.ts';
import { invitations, members } from '../../db/tables/members.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';
import { Email, parseInput } from '../account-input.ts';
import { makeLinkToken } from '../links/link-token.ts';
import { sendInvitation } from '../mail/mails.ts';
import { isOpenInvitation } from './open-invitation.ts';

/** An invitation can be accepted for a week. */
const INVITATION_MS = 7 * 86_400_000;
const MAX_INVITATIONS = 100;

const Invited = z.object({ email: Email, role: z.enum(['owner', 'member', 'read-only'], 'Choose a role.') });

/** The link to give to the person, of which the database has a hash only. */
export interface Invitation {
  invitation: InvitationRow;
  url: string;
  /** Whether the person gets it by mail. */
  isMailed: boolean;
}

/**
 * Invites a person, and mails the link where mail is set up. An earlier invitation of the address ends, and those that cannot be accepted any more are deleted. AppError `already_member` or
 * `too_many_invitations`.
 */
export async function invite(
  ctx: Ctx,
  { principal, input, workspaceName }: { principal: Principal; input: unknown; workspaceName: string },
): Promise<Invitation> {
  const { email, role } = parseInput(Invited, input);
  const { workspaceId, actor } = principal;
  const { token, tokenHash } = await makeLinkToken();
  const createdAt = ctx.now();
  const times = { createdAt, expiresAt: createdAt + INVITATION_MS };
  const invitation = { id: ctx.newId(), workspaceId, email, role, tokenHash, invitedBy: actor.id, ...times };
  const change = { by: principal, action: 'member.invited' as const, subjectName: email, details: { role } };
  const isReplaced = or(eq(invitations.email, email), not(isOpenInvitation(createdAt)));
  const room = and(
    eq(workspaces.id, workspaceId),
    sql`NOT EXISTS (SELECT 1 FROM ${members} AS m JOIN ${users} AS u ON u.id = m.user_id WHERE m.workspace_id = ${workspaceId} AND u.email = ${email})`,
    sql`(SELECT count(*) FROM ${invitations} AS open WHERE open.workspace_id = ${workspaceId}) < ${MAX_INVITATIONS}`,
  );
  const [, made] = await ctx.db.batch([
    ctx.db.delete(invitations).where(and(eq(invitations.workspaceId, workspaceId), isReplaced)),
    ctx.db
      .insert(invitations)
      .select(ctx.db.select(boundRow(invitations, invitation)).from(workspaces).where(room))
      .returning({ id: invitations.id }),
    auditRow(ctx, change, { table: invitations, where: eq(invitations.id, invitation.id) }),
  ]);
  if (made.length === 0) throw await refusal(ctx, workspaceId);
  const url = `${ctx.config.PUBLIC_URL}/invitations/${token}`;
  return { invitation, url, isMailed: sendInvitation(ctx, { email, url, workspaceName }) };
}

async function refusal(ctx: Ctx, workspaceId: string): Promise<AppError> {
  const open = await ctx.db.$count(invitations, eq(invitations.workspaceId, workspaceId));
  return new AppError(open >= MAX_INVITATIONS ? 'too_many_invitations' : 'already_member');
}

/** The invitations of a workspace that can be accepted, the newest first. */
export async function listInvitations(ctx: Ctx, workspaceId: string): Promise<InvitationRow[]> {
  return ctx.db
    .select()
    .from(invitations)
    .where(and(eq(invitations.workspaceId, workspaceId), isOpenInvitation(ctx.now())))
    .orderBy(desc(invitations.createdAt));
}

/** Ends an invitation. AppError `invitation_not_found`. */
export async function withdrawInvitation(
  ctx: Ctx,
  { principal, invitationId }: { principal: Principal; invitationId: string },
): Promise<void> {
  const { workspaceId } = principal;
  const where = and(eq(invitations.id, invitationId), eq(invitations.workspaceId, workspaceId));
  const action = 'invitation.withdrawn' as const;
  const [, withdrawn] = await ctx.db.batch([
    auditRow(ctx, { by: principal, action, subjectName: invitations.email }, { table: invitations, where }),
    ctx.db.delete(invitations).where(where).returning({ id: invitations.id }),
  ]);
  if (withdrawn.length === 0) throw new AppError('invitation_not_found');
}
