/** The devices on which a user is signed in. */
import { and, desc, eq, gt } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { sessions } from '../db/tables/accounts.ts';
import { AppError } from '../errors.ts';
import type { SiteSession } from './site-session.ts';

export interface Device {
  sessionId: string;
  ipAddress: string | null;
  userAgent: string | null;
  /** Unix milliseconds. */
  signedInAt: number;
  isCurrent: boolean;
}

/** The sessions of the user that have not ended, the newest first. */
export async function listSessions(ctx: Ctx, { user, sessionId }: SiteSession): Promise<Device[]> {
  const rows = await ctx.db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, user.id), gt(sessions.expiresAt, new Date(ctx.now()))))
    .orderBy(desc(sessions.createdAt));
  return rows.map(({ id, ipAddress, userAgent, createdAt }) => ({
    sessionId: id,
    ipAddress,
    userAgent,
    signedInAt: createdAt.getTime(),
    isCurrent: id === sessionId,
  }));
}

/** Ends a session of the user. AppError `not_found` for one that has ended, and for those of others. */
export async function endSession(
  { db }: Ctx,
  { session, sessionId }: { session: SiteSession; sessionId: string },
): Promise<void> {
  const isOwn = and(eq(sessions.id, sessionId), eq(sessions.userId, session.user.id));
  const ended = await db.delete(sessions).where(isOwn).returning({ id: sessions.id });
  if (ended.length === 0) throw new AppError('not_found');
}
