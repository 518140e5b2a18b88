/** What owners do with members and invitations, and how a member leaves. */
import { Hono, type Context } from 'hono';
import { z } from 'zod';
import { parseInput } from '../../../accounts/account-input.ts';
import { removeMember, setRole } from '../../../accounts/members/change-members.ts';
import { invite, withdrawInvitation } from '../../../accounts/members/invite.ts';
import { findMember } from '../../../accounts/members/list-members.ts';
import { makeMemberResetLink } from '../../../accounts/passwords/reset-links.ts';
import type { Ctx } from '../../../context.ts';
import { AppError } from '../../../errors.ts';
import { ConfirmPage } from '../../components/confirm.tsx';
import { orProblem, redirectWith } from '../../flash.ts';
import { problemsOf, readForm } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { statusOf } from '../accounts/account-form.tsx';
import { LinkPage } from './link-page.tsx';
import { showMembers } from './members.tsx';
import { MEMBERS_PATH } from './paths.ts';

const RoleInput = z.object({ role: z.enum(['owner', 'member', 'read-only'], 'Choose a role.') });
const needsOwner = requireUserScope('admin');

/** The routes, for the site's app to mount. */
export function changeMembersPages(ctx: Ctx): Hono<SiteEnv> {
  const pages = new Hono<SiteEnv>();
  pages.post(`${MEMBERS_PATH}/invitations`, needsOwner, (c) => inviteFrom(ctx, c));
  pages.post(`${MEMBERS_PATH}/invitations/:id/withdraw`, needsOwner, (c) =>
    sayAfter(c, 'The invitation is withdrawn.', () =>
      withdrawInvitation(ctx, { principal: principalOf(c), invitationId: c.req.param('id') }),
    ),
  );
  pages.post(`${MEMBERS_PATH}/:userId/role`, needsOwner, (c) =>
    sayAfter(c, 'The member has the new role.', async () => {
      const { role } = parseInput(RoleInput, await readForm(c));
      await setRole(ctx, { principal: principalOf(c), userId: c.req.param('userId'), role });
    }),
  );
  pages.post(`${MEMBERS_PATH}/:userId/reset-link`, needsOwner, (c) => showResetLink(ctx, c));
  pages.get(`${MEMBERS_PATH}/:userId/remove`, (c) => confirmRemoval(ctx, c));
  pages.post(`${MEMBERS_PATH}/:userId/remove`, (c) => {
    const ref = removableOf(c);
    const isSelf = ref.userId === sessionOf(c).user.id;
    const done = isSelf ? 'You left the workspace.' : 'The member is removed.';
    return sayAfter(c, done, () => removeMember(ctx, ref), isSelf ? '/dashboard' : MEMBERS_PATH);
  });
  return pages;
}

const principalOf = (c: Context<SiteEnv>) => sessionOf(c).principal;

/** Owners remove everybody, others themselves. AppError `insufficient_role`. */
function removableOf(c: Context<SiteEnv>) {
  const { principal, user } = sessionOf(c);
  const userId = c.req.param('userId') ?? '';
  if (userId !== user.id && !principal.scopes.includes('admin')) throw new AppError('insufficient_role');
  return { principal, userId };
}

/** Does the work and says so on the page at `path`, or on the page of the members what is wrong. */
function sayAfter(
  c: Context<SiteEnv>,
  done: string,
  work: () => Promise<void>,
  path = MEMBERS_PATH,
): Promise<Response> {
  return orProblem(c, MEMBERS_PATH, async () => {
    await work();
    return redirectWith(c, path, { kind: 'done', text: done });
  });
}

async function inviteFrom(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const typed = await readForm(c);
  const { principal, workspace } = sessionOf(c);
  try {
    const made = await invite(ctx, { principal, input: typed, workspaceName: workspace.name });
    const { email } = made.invitation;
    const sent = made.isMailed ? `The link is on its way to ${email}. ` : '';
    const lead = `${sent}Whoever has the link can join as ${email}: give it to this person only.`;
    const body = <LinkPage title={`Invitation for ${email}`} lead={lead} url={made.url} />;
    return await showPage(c, { title: 'Invitation', body });
  } catch (error) {
    const problems = problemsOf(error, { email: 'E-mail address', role: 'Role' });
    return showMembers(ctx, c, { typed, problems, status: statusOf(error) });
  }
}

async function showResetLink(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const principal = principalOf(c);
  const userId = c.req.param('userId') ?? '';
  const { name } = await findMember(ctx, { workspaceId: principal.workspaceId, userId });
  const url = await makeMemberResetLink(ctx, { principal, userId });
  const lead = `Give the link to ${name}. It sets a new password, once, within an hour. Until then, the old password works.`;
  return showPage(c, {
    title: 'New password',
    body: <LinkPage title={`New password for ${name}`} lead={lead} url={url} />,
  });
}

async function confirmRemoval(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { principal, userId } = removableOf(c);
  const member = await findMember(ctx, { workspaceId: principal.workspaceId, userId });
  const isSelf = userId === principal.actor.id;
  const title = isSelf ? 'Leave this workspace?' : `Remove ${member.name}?`;
  const body = (
    <ConfirmPage
      title={title}
      action={c.req.path}
      back={MEMBERS_PATH}
      confirm={isSelf ? 'Leave the workspace' : 'Remove the member'}
    >
      <p>{isSelf ? 'You lose' : `${member.email} loses`} access to the workspace at once.</p>
      <p>API keys belong to the workspace and keep working. Revoke those that should not.</p>
    </ConfirmPage>
  );
  return showPage(c, { title, body });
}
