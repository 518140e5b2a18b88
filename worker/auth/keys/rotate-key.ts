import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import { auditRow } from '../../audit/audit-row.ts';
import type { Ctx, Principal } from '../../context.ts';
import { DEFAULT_OVERLAP_SECONDS, type RotateInput } from '../../contract/api/keys.ts';
import { boundRow } from '../../db/bound-row.ts';
import { apiKeys } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';
import { makeApiKey, type MadeKey } from './api-key.ts';
import { readEnd, tooManyKeys } from './create-key.ts';
import { findOwnKey, isOwnKey, type KeyRef } from './find-own-key.ts';
import { keyExists, type AlongsideKey } from './key-batch.ts';
import { joinWindows, windowsOf } from './limit-windows.ts';
import { hasKeyRoom, isLive } from './live-key.ts';
import { requireGrant } from './require-grant.ts';

interface Rotation {
  principal: Principal;
  keyId: string;
  input: RotateInput;
  alongside: AlongsideKey;
}

/**
 * Makes a key with the same rights in the place of another, which keeps working for the overlap. AppError
 * `key_not_found`, `key_ended` unless the old key is in force and was not replaced, or as createKey.
 */
export async function rotateKey(ctx: Ctx, rotation: Rotation): Promise<MadeKey> {
  const { input, alongside, keyId } = rotation;
  const ref = { workspaceId: rotation.principal.workspaceId, keyId };
  const made = await makeSuccessor(ctx, rotation, ref);
  const overlapSeconds = input.overlapSeconds ?? DEFAULT_OVERLAP_SECONDS;
  const now = ctx.now();
  const isRotatable = and(isOwnKey(ref), isLive(now), isNull(apiKeys.replacedBy));
  const room = and(isRotatable, hasKeyRoom(ref.workspaceId, now));
  const change = {
    by: rotation.principal,
    action: 'key.rotated' as const,
    subjectId: keyId,
    subjectName: made.row.name,
    details: { replacedBy: made.row.id },
  };
  const [created] = await ctx.db.batch([
    ctx.db
      .insert(apiKeys)
      .select(ctx.db.select(boundRow(apiKeys, made.row)).from(apiKeys).where(room))
      .returning({ id: apiKeys.id }),
    ctx.db
      .update(apiKeys)
      .set({ replacedBy: made.row.id, ...endOfOld(now, overlapSeconds) })
      .where(and(isRotatable, keyExists(made))),
    auditRow(ctx, change, { table: apiKeys, where: eq(apiKeys.id, made.row.id) }),
    ...(await alongside(made, keyExists(made))),
  ]);
  if (created.length > 0) return made;
  throw (await ctx.db.$count(apiKeys, isRotatable)) === 0 ? new AppError('key_ended') : tooManyKeys();
}

/** The new key, not inserted yet. */
async function makeSuccessor(ctx: Ctx, { principal, input }: Rotation, ref: KeyRef): Promise<MadeKey> {
  const old = await findOwnKey(ctx, ref);
  const { workspaceId, name, scopes, allowedAddresses, limits } = old;
  const expiresAt = input.expiresAt === undefined ? old.expiresAt : readEnd(input.expiresAt, ctx.now());
  const grant = { scopes, expiresAt, allowedAddresses, limits };
  await requireGrant(ctx, principal, grant);
  // It goes on in the windows of the old key: a rotation grants no further requests.
  const limitWindows = joinWindows(windowsOf(old), principal.ownLimits);
  return makeApiKey({ workspaceId, name, createdBy: principal.actor.id, ...grant, limitWindows, ...ctx });
}

/** The old key never lives longer than before. */
function endOfOld(now: number, overlapSeconds: number): { revokedAt: number } | { expiresAt: SQL } {
  if (overlapSeconds === 0) return { revokedAt: now };
  const end = now + overlapSeconds * 1000;
  return { expiresAt: sql`min(coalesce(${apiKeys.expiresAt}, ${end}), ${end})` };
}
