import { isAPIError } from 'better-auth/api';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Ctx } from '../../context.ts';
import { sessions } from '../../db/tables/accounts.ts';
import { invalidFields } from '../../errors.ts';
import { NewPassword, parseInput } from '../account-input.ts';
import { authOf } from '../auth.ts';
import { countAttempt } from '../limit-attempts.ts';
import type { SiteSession } from '../site-session.ts';
import { passwordRows } from './password-rows.ts';

const Passwords = z.object({ currentPassword: z.string(), newPassword: NewPassword });

/**
 * Changes the password and ends all sessions. Returns the values of Set-Cookie of the new session on this device. AppError
 * `invalid_request` for a wrong current password, or `sign_in_limited`.
 */
export async function changePassword(
  ctx: Ctx,
  { request, session, input }: { request: Request; session: SiteSession; input: unknown },
): Promise<string[]> {
  const passwords = parseInput(Passwords, input);
  await countAttempt(ctx, { attempt: 'password-change', email: session.user.email, request });
  try {
    const { headers, response } = await authOf(ctx).api.changePassword({
      body: { ...passwords, revokeOtherSessions: true },
      headers: request.headers,
      returnHeaders: true,
    });
    await keepWorkspace(ctx, { token: response.token, workspaceId: session.workspace.id });
    const workspaceIds = session.workspaces.map(({ id }) => id);
    const user = { userId: session.user.id, email: session.user.email };
    const [first, ...others] = passwordRows(ctx, {
      ...user,
      action: 'member.password_changed',
      workspaceIds,
    });
    if (first) await ctx.db.batch([first, ...others]);
    ctx.log.info('account.password_changed', { userId: session.user.id });
    return headers.getSetCookie();
  } catch (error) {
    if (!isAPIError(error) || error.body?.code !== 'INVALID_PASSWORD') throw error;
    throw invalidFields([{ field: 'currentPassword', message: 'This is not your current password.' }]);
  }
}

async function keepWorkspace(
  { db }: Ctx,
  { token, workspaceId }: { token: string | null; workspaceId: string },
): Promise<void> {
  if (token !== null) await db.update(sessions).set({ workspaceId }).where(eq(sessions.token, token));
}
