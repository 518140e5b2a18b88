/** Codes of the dashboard: accounts, members and their links. */
import { code, type CodeEntry } from '../code-entry.ts';

export const ACCOUNT_CODES = {
  accounts_not_configured: code(
    503,
    false,
    'The dashboard is not set up: the secret AUTH_SECRET is missing.',
    'Run npm run deploy, which makes the secret, or set AUTH_SECRET to the output of "openssl rand -base64 32".',
  ),
  sign_in_failed: code(
    401,
    false,
    'The e-mail address or the password is wrong.',
    'Check both. If you do not know the password, ask for a link that sets a new one.',
  ),
  sign_in_limited: code(
    429,
    true,
    'There were too many attempts.',
    'Wait until the time that the error names, then try again.',
  ),
  sign_in_unavailable: code(
    503,
    true,
    'Attempts cannot be counted at the moment, so nobody can sign in.',
    'Try again in a minute.',
  ),
  no_workspace: code(
    403,
    false,
    'Your account belongs to no workspace.',
    'Ask an owner of a workspace for an invitation.',
  ),
  sign_up_closed: code(
    403,
    false,
    'New accounts need an invitation.',
    'Ask an owner of a workspace for an invitation.',
  ),
  email_taken: code(
    409,
    false,
    'This e-mail address has an account.',
    'Sign in with it, or use another address.',
  ),
  link_not_valid: code(
    410,
    false,
    'This link is not valid: it was used or withdrawn, or it has expired.',
    'Ask the person who sent it for a new link.',
  ),
  invitation_for_other: code(
    403,
    false,
    'This invitation is for another e-mail address.',
    'Sign out, and open the link again.',
  ),
  already_member: code(
    409,
    false,
    'This person is a member already.',
    'Change the role in the list of members.',
  ),
  too_many_invitations: code(
    409,
    false,
    'The workspace has too many open invitations.',
    'Withdraw invitations that nobody needs.',
  ),
  invitation_not_found: code(404, false, 'The workspace has no such invitation.', 'Load the list again.'),
  member_not_found: code(404, false, 'The workspace has no such member.', 'Load the list again.'),
  last_owner: code(
    409,
    false,
    'The workspace needs an owner, and this is the last one.',
    'Make another member an owner first.',
  ),
  reset_not_allowed: code(
    403,
    false,
    'This person also belongs to workspaces that you do not own.',
    'The person who runs the service can make a link: npm run owner-link -- --email ADDRESS.',
  ),
} satisfies Record<string, CodeEntry>;
