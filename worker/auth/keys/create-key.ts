import { and, eq } from 'drizzle-orm';
import { auditRow } from '../../audit/audit-row.ts';
import type { Ctx, Principal } from '../../context.ts';
import type { KeyInput } from '../../contract/api/keys.ts';
import { ALL_SCOPES } from '../../contract/api/scopes.ts';
import { boundRow } from '../../db/bound-row.ts';
import { apiKeys, workspaces } from '../../db/tables/workspaces.ts';
import { AppError, invalidFields } from '../../errors.ts';
import { makeApiKey, type MadeKey } from './api-key.ts';
import { keyExists, type AlongsideKey } from './key-batch.ts';
import { joinWindows } from './limit-windows.ts';
import { hasKeyRoom, MAX_LIVE_KEYS } from './live-key.ts';
import { requireGrant } from './require-grant.ts';

/**
 * Creates a key of the principal's workspace, which counts in the windows of its creator too. AppError `key_grant_exceeded` when it could do more than its creator,
 * `too_many_keys` at the limit of the workspace.
 */
export async function createKey(
  ctx: Ctx,
  { principal, input, alongside }: { principal: Principal; input: KeyInput; alongside: AlongsideKey },
): Promise<MadeKey> {
  const { workspaceId, actor, ownLimits } = principal;
  const grant = {
    scopes: ALL_SCOPES.filter((scope) => input.scopes.includes(scope)),
    expiresAt: readEnd(input.expiresAt ?? null, ctx.now()),
    allowedAddresses: input.allowedAddresses ?? null,
    limits: input.limits ?? null,
  };
  await requireGrant(ctx, principal, grant);
  const id = ctx.newId();
  const limitWindows = joinWindows(ownLimits, grant.limits && [{ keyId: id, limits: grant.limits }]);
  const columns = { workspaceId, name: input.name, createdBy: actor.id, ...grant, limitWindows };
  const made = await makeApiKey({ ...columns, now: ctx.now, newId: () => id });
  const room = and(eq(workspaces.id, workspaceId), hasKeyRoom(workspaceId, ctx.now()));
  const change = {
    by: principal,
    action: 'key.created' as const,
    subjectId: made.row.id,
    subjectName: input.name,
    details: { scopes: grant.scopes },
  };
  const [created] = await ctx.db.batch([
    ctx.db
      .insert(apiKeys)
      .select(ctx.db.select(boundRow(apiKeys, made.row)).from(workspaces).where(room))
      .returning({ id: apiKeys.id }),
    auditRow(ctx, change, { table: apiKeys, where: eq(apiKeys.id, made.row.id) }),
    ...(await alongside(made, keyExists(made))),
  ]);
  if (created.length === 0) throw tooManyKeys();
  return made;
}

/** Unix milliseconds of an end in the future; AppError `invalid_request` for the past. */
export function readEnd(expiresAt: string | null, now: number): number | null {
  if (expiresAt === null) return null;
  const end = Date.parse(expiresAt);
  if (end > now) return end;
  throw invalidFields([{ field: 'expiresAt', message: 'expiresAt must be in the future' }]);
}

/** The refusal, with the limit. */
export function tooManyKeys(): AppError {
  return new AppError('too_many_keys', `The workspace has ${MAX_LIVE_KEYS} API keys, which is the limit.`);
}
