/** Roles of members, and what they may do. Pure. */
import { ALL_SCOPES, type Scope } from '../contract/api/scopes.ts';
import type { Role } from '../db/tables/members.ts';

export const ROLES: readonly Role[] = ['owner', 'member', 'read-only'];

/** An owner may do everything. Only owners manage members and API keys. */
const SCOPES: Record<Role, readonly Scope[]> = {
  owner: ALL_SCOPES,
  member: ALL_SCOPES.filter((scope) => scope !== 'admin'),
  'read-only': ['imports:read', 'usage'],
};

/** The scopes of a member with this role. */
export function scopesOf(role: Role): readonly Scope[] {
  return SCOPES[role];
}
