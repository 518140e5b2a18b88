import { eq } from 'drizzle-orm';
import type { Ctx, Principal } from '../../context.ts';
import { apiKeys } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';
import { excessOf, type Grant } from './key-grant.ts';

/** AppError `key_grant_exceeded`, with the fields, unless the principal may do everything that the wanted key may do. */
export async function requireGrant(ctx: Ctx, principal: Principal, wanted: Grant): Promise<void> {
  const [first, ...rest] = excessOf(await grantOf(ctx, principal), wanted);
  if (first === undefined) return;
  const fields = [first, ...rest];
  const sentence = fields.map(({ message }) => message).join('; ');
  throw new AppError('key_grant_exceeded', sentence, { field: first.field, fields });
}

/** Only keys have an end, addresses and limits. */
async function grantOf(ctx: Ctx, { actor, scopes }: Principal): Promise<Grant> {
  const unlimited = { scopes, expiresAt: null, allowedAddresses: null, limits: null };
  if (actor.type !== 'key') return unlimited;
  const row = await ctx.db.query.apiKeys.findFirst({ where: eq(apiKeys.id, actor.id) });
  if (!row) throw new AppError('unauthorized');
  return row;
}
