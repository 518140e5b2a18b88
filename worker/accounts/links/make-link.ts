/** Links that the operator makes. Does not depend on HTTP or the platform, because scripts use it too. */
import { makeLinkToken } from './link-token.ts';

/** How long a link of the operator works. */
export const OPERATOR_LINK_MS = 30 * 60_000;

/** A link that works once its statements have run. Their values are digests, numbers and checked texts: nothing is bound. */
export interface OperatorLink {
  path: string;
  statements: string[];
}

/** A link for an owner of the operator's workspace. It replaces earlier ones. */
export async function makeOwnerLink(now: number): Promise<OperatorLink> {
  const { token, tokenHash } = await makeLinkToken();
  return {
    path: `/setup/${token}`,
    statements: [
      "DELETE FROM one_time_links WHERE kind = 'owner'",
      `INSERT INTO one_time_links (token_hash, kind, created_at, expires_at) VALUES ('${tokenHash}', 'owner', ${now}, ${now + OPERATOR_LINK_MS})`,
    ],
  };
}

/** A link that sets the password of the user with this e-mail address. It replaces earlier ones, and does nothing for an unknown address. */
export async function makeResetLink(now: number, email: string): Promise<OperatorLink> {
  const { token, tokenHash } = await makeLinkToken();
  const user = `(SELECT id FROM users WHERE email = '${email.toLowerCase().replaceAll("'", "''")}')`;
  return {
    path: `/reset/${token}`,
    statements: [
      `DELETE FROM one_time_links WHERE kind = 'reset' AND user_id = ${user}`,
      `INSERT INTO one_time_links (token_hash, kind, user_id, created_at, expires_at) SELECT '${tokenHash}', 'reset', id, ${now}, ${now + OPERATOR_LINK_MS} FROM users WHERE id = ${user}`,
    ],
  };
}

/** Selects a row when the operator's workspace has an owner. */
export const SELECT_OWNER = `SELECT 1 AS found FROM members JOIN workspaces ON workspaces.id = members.workspace_id
  WHERE members.role = 'owner' AND workspaces.is_operator = 1 LIMIT 1`;
