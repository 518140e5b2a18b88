/** Links that set a new password: asked for by a person, or made by an owner for a member. */
import { and, eq, sql, type SQL } from 'drizzle-orm';
import { auditRow } from '../../audit/audit-row.ts';
import type { Ctx, Principal } from '../../context.ts';
import { boundRow } from '../../db/bound-row.ts';
import { users } from '../../db/tables/accounts.ts';
import { members, oneTimeLinks } from '../../db/tables/members.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';
import { Email, parseInput } from '../account-input.ts';
import { requireAuthSecret } from '../auth.ts';
import { countAttempt } from '../limit-attempts.ts';
import { makeLinkToken, type LinkToken } from '../links/link-token.ts';
import { canMail } from '../mail/send-mail.ts';
import { mailReset } from '../mail/mails.ts';
import { findMember } from '../members/list-members.ts';

/** A link works for an hour. */
export const RESET_LINK_MS = 3_600_000;

/**
 * Mails a link to the address if it has an account. The answer does not depend on that: the work is done after it. AppError
 * `sign_in_limited` after too many requests. Does nothing when mail is not set up.
 */
export async function requestReset(
  ctx: Ctx,
  { request, email }: { request: Request; email: string },
): Promise<void> {
  requireAuthSecret(ctx);
  const address = parseInput(Email, email);
  await countAttempt(ctx, { attempt: 'reset', email: address, request });
  if (canMail(ctx)) ctx.background(mailLink(ctx, address));
}

async function mailLink(ctx: Ctx, email: string): Promise<void> {
  try {
    const user = await ctx.db.query.users.findFirst({ where: eq(users.email, email) });
    if (!user) return;
    const link = await makeLinkToken();
    await ctx.db.batch(replaceLink(ctx, { link, userId: user.id, madeBy: null, where: undefined }));
    await mailReset(ctx, { email, url: `${ctx.config.PUBLIC_URL}/reset/${link.token}` });
  } catch {
    ctx.log.error('account.reset_not_made');
  }
}

/**
 * The URL of a link for a member of the principal's workspace. AppError `member_not_found`, or `reset_not_allowed` for a person who also
 * belongs to a workspace that the owner does not own: the link would open that one too. Owners who operate the service may make any.
 */
export async function makeMemberResetLink(
  ctx: Ctx,
  { principal, userId }: { principal: Principal; userId: string },
): Promise<string> {
  const { workspaceId, actor } = principal;
  const member = await findMember(ctx, { workspaceId, userId });
  const link = await makeLinkToken();
  const where = mayResetPasswordOf(sql`${userId}`, sql`${actor.id}`);
  const change = {
    by: principal,
    action: 'member.reset_link_made' as const,
    subjectId: userId,
    subjectName: member.email,
  };
  const isMade = eq(oneTimeLinks.tokenHash, link.tokenHash);
  await ctx.db.batch([
    ...replaceLink(ctx, { link, userId, madeBy: actor.id, where }),
    auditRow(ctx, change, { table: oneTimeLinks, where: isMade }),
  ]);
  if ((await ctx.db.$count(oneTimeLinks, isMade)) === 0) throw new AppError('reset_not_allowed');
  return `${ctx.config.PUBLIC_URL}/reset/${link.token}`;
}

/** True for an owner of the operator's workspace, and for the owner of every workspace of the user. */
export function mayResetPasswordOf(userId: SQL, ownerId: SQL): SQL {
  return sql`(EXISTS (SELECT 1 FROM ${members} AS held JOIN ${workspaces} AS operated ON operated.id = held.workspace_id
      WHERE held.user_id = ${ownerId} AND held.role = 'owner' AND operated.is_operator = 1)
    OR NOT EXISTS (SELECT 1 FROM ${members} AS theirs WHERE theirs.user_id = ${userId} AND NOT EXISTS (
      SELECT 1 FROM ${members} AS own WHERE own.workspace_id = theirs.workspace_id AND own.user_id = ${ownerId} AND own.role = 'owner')))`;
}

interface NewLink {
  link: LinkToken;
  userId: string;
  madeBy: string | null;
  where: SQL | undefined;
}

function replaceLink(ctx: Ctx, { link, userId, madeBy, where }: NewLink) {
  const createdAt = ctx.now();
  const row = { kind: 'reset' as const, userId, madeBy, createdAt, expiresAt: createdAt + RESET_LINK_MS };
  const bound = boundRow(oneTimeLinks, { tokenHash: link.tokenHash, ...row });
  const isUser = and(eq(users.id, userId), where);
  return [
    ctx.db
      .delete(oneTimeLinks)
      .where(and(eq(oneTimeLinks.kind, 'reset'), eq(oneTimeLinks.userId, userId), where)),
    ctx.db.insert(oneTimeLinks).select(ctx.db.select(bound).from(users).where(isUser)),
  ] as const;
}
