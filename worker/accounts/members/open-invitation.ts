import { sql, type SQL } from 'drizzle-orm';
import { invitations, members } from '../../db/tables/members.ts';

/** Selects the invitations that can be accepted: they have not expired, and who made them is still an owner. */
export function isOpenInvitation(now: number): SQL {
  return sql`(${invitations.expiresAt} > ${now} AND EXISTS (SELECT 1 FROM ${members} AS inviter
    WHERE inviter.workspace_id = ${invitations.workspaceId} AND inviter.user_id = ${invitations.invitedBy} AND inviter.role = 'owner'))`;
}
