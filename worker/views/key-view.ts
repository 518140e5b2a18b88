import type { KeyView } from '../contract/api/keys.ts';
import type { ApiKeyRow } from '../db/rows.ts';

/** An API key as the admins of its workspace see it, at the time `now` in unix milliseconds. */
export function toKeyView(row: ApiKeyRow, now: number): KeyView {
  return {
    id: row.id,
    name: row.name,
    lastFour: row.lastFour,
    scopes: [...row.scopes],
    status: statusOf(row, now),
    expiresAt: toIso(row.expiresAt),
    allowedAddresses: row.allowedAddresses === null ? null : [...row.allowedAddresses],
    limits: row.limits,
    createdAt: new Date(row.createdAt).toISOString(),
    createdBy: row.createdBy,
    lastUsedAt: toIso(row.lastUsedAt),
    revokedAt: toIso(row.revokedAt),
    replacedBy: row.replacedBy,
  };
}

function statusOf({ revokedAt, expiresAt }: ApiKeyRow, now: number): KeyView['status'] {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'active';
}

function toIso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
