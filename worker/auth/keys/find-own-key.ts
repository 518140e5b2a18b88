import { and, eq, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ApiKeyRow } from '../../db/rows.ts';
import { apiKeys } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';

/** A key of one workspace. */
export interface KeyRef {
  workspaceId: string;
  keyId: string;
}

/** Selects the key, unless it belongs to another workspace. */
export function isOwnKey({ workspaceId, keyId }: KeyRef): SQL | undefined {
  return and(eq(apiKeys.id, keyId), eq(apiKeys.workspaceId, workspaceId));
}

/** The row of the key; AppError `key_not_found` for an unknown key and one of another workspace. */
export async function findOwnKey(ctx: Ctx, ref: KeyRef): Promise<ApiKeyRow> {
  const row = await ctx.db.query.apiKeys.findFirst({ where: isOwnKey(ref) });
  if (!row) throw new AppError('key_not_found');
  return row;
}
