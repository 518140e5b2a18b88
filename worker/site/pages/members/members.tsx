/** `/dashboard/members`: who belongs to the workspace, invitations, and the name of the workspace. */
import { Hono, type Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { listInvitations } from '../../../accounts/members/invite.ts';
import { listMembers } from '../../../accounts/members/list-members.ts';
import { renameWorkspace } from '../../../accounts/workspaces/own-workspaces.ts';
import type { Ctx } from '../../../context.ts';
import { ButtonLink } from '../../components/button.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { redirectWith } from '../../flash.ts';
import { problemsOf, readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { statusOf } from '../accounts/account-form.tsx';
import { InvitationsCard, InviteCard } from './invitations-card.tsx';
import { MembersCard } from './members-card.tsx';
import { MEMBERS_PATH } from './paths.ts';
import { RenameCard } from './rename-card.tsx';

/** The pages, for the site's app to mount. */
export function membersPages(ctx: Ctx): Hono<SiteEnv> {
  const pages = new Hono<SiteEnv>();
  pages.get(MEMBERS_PATH, (c) => showMembers(ctx, c));
  pages.post(`${MEMBERS_PATH}/workspace`, requireUserScope('admin'), async (c) => {
    const { workspaceName: name } = await readForm(c);
    try {
      await renameWorkspace(ctx, { principal: sessionOf(c).principal, input: { name } });
    } catch (error) {
      const { form, ...others } = problemsOf(error, { name: 'Name' });
      const problems = { workspaceName: others['name'] ?? form };
      return showMembers(ctx, c, { problems, typed: { workspaceName: name }, status: statusOf(error) });
    }
    return redirectWith(c, MEMBERS_PATH, { kind: 'done', text: 'The workspace has its new name.' });
  });
  return pages;
}

export interface ShownMembers {
  typed?: Partial<Record<string, string | undefined>>;
  problems?: Partial<Record<string, string | undefined>>;
  status?: ContentfulStatusCode;
}

/** The page, with what was typed and what is wrong with it. */
export async function showMembers(
  ctx: Ctx,
  c: Context<SiteEnv>,
  { typed = {}, problems = {}, status = 200 }: ShownMembers = {},
): Promise<Response> {
  const session = sessionOf(c);
  const isOwner = session.principal.scopes.includes('admin');
  const { id, name } = session.workspace;
  const members = await listMembers(ctx, id);
  const open = isOwner ? await listInvitations(ctx, id) : [];
  const form = { typed: typed as Typed, problems: problems as Problems };
  const body = (
    <>
      <PageHeader
        title="Members"
        lead={`Who may use the workspace ${name}, and what for.`}
        guide="/docs/accounts"
      >
        {isOwner && <ButtonLink href={`${MEMBERS_PATH}/audit`}>Audit log</ButtonLink>}
      </PageHeader>
      <div class="stack">
        <MembersCard members={members} userId={session.user.id} isOwner={isOwner} />
        {isOwner && <InviteCard {...form} />}
        {open.length > 0 && <InvitationsCard invitations={open} />}
        {isOwner && <RenameCard name={form.typed['workspaceName'] ?? name} problems={form.problems} />}
      </div>
    </>
  );
  return showPage(c, { title: 'Members', body, status });
}
