/** When a one-time link works. */
import { and, eq, gt, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { oneTimeLinks, type LinkKind } from '../../db/tables/members.ts';
import { AppError } from '../../errors.ts';
import { requireAuthSecret } from '../auth.ts';
import { hashLinkToken } from './link-token.ts';

/** Selects the link with this token hash that was not used and has not expired. */
export function isLiveLink(kind: LinkKind, tokenHash: string, now: number): SQL | undefined {
  return and(
    eq(oneTimeLinks.tokenHash, tokenHash),
    eq(oneTimeLinks.kind, kind),
    gt(oneTimeLinks.expiresAt, now),
  );
}

/** The row of the link. AppError `link_not_valid` or `accounts_not_configured`. Reading a link does not use it. */
export async function findLink(
  ctx: Ctx,
  { kind, token }: { kind: LinkKind; token: string },
): Promise<typeof oneTimeLinks.$inferSelect> {
  requireAuthSecret(ctx);
  const tokenHash = await hashLinkToken(token);
  const row =
    tokenHash === null
      ? undefined
      : await ctx.db.query.oneTimeLinks.findFirst({ where: isLiveLink(kind, tokenHash, ctx.now()) });
  if (!row) throw new AppError('link_not_valid');
  return row;
}
