/** Makes links that work once. Does not depend on HTTP or the platform, because scripts use it too. */
import { and, eq, isNull } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { oneTimeLinks } from '../../db/tables/members.ts';
import { makeLinkToken } from './link-token.ts';

/** A link of an owner works for half an hour. */
export const OWNER_LINK_MS = 30 * 60_000;

/** Makes a link for an owner, which replaces earlier ones. Returns its token, of which the database has the hash only. */
export async function makeOwnerLink({ db, now }: { db: Db; now: () => number }): Promise<string> {
  const { token, tokenHash } = await makeLinkToken();
  const isEarlier = and(eq(oneTimeLinks.kind, 'owner'), isNull(oneTimeLinks.userId));
  const createdAt = now();
  await db.batch([
    db.delete(oneTimeLinks).where(isEarlier),
    db
      .insert(oneTimeLinks)
      .values({ tokenHash, kind: 'owner', createdAt, expiresAt: createdAt + OWNER_LINK_MS }),
  ]);
  return token;
}

/** The page of an owner's link. */
export function ownerLinkUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/setup/${token}`;
}
