/** The names in the audit log: who made a change, and which one. Imports nothing. */

export type AuditActorType = 'key' | 'user' | 'system';

export const AUDIT_ACTIONS = [
  'workspace.created',
  'workspace.renamed',
  'workspace.plan_changed',
  'member.invited',
  'member.joined',
  'member.role_changed',
  'member.removed',
  'member.left',
  'member.reset_link_made',
  'member.password_changed',
  'member.password_reset',
  'invitation.withdrawn',
  'key.created',
  'key.rotated',
  'key.revoked',
  'storage.saved',
  'storage.deleted',
  'webhook.created',
  'webhook.changed',
  'webhook.secret_rotated',
  'webhook.deleted',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];
