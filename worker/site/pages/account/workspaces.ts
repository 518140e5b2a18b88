/** Switches between workspaces, and makes one. */
import { Hono } from 'hono';
import { makeOwnWorkspace, switchWorkspace } from '../../../accounts/workspaces/own-workspaces.ts';
import type { Ctx } from '../../../context.ts';
import { redirectWith } from '../../flash.ts';
import { problemsOf, readForm } from '../../forms.ts';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';

/** The routes, for the site's app to mount. */
export function workspacePages(ctx: Ctx): Hono<SiteEnv> {
  const pages = new Hono<SiteEnv>();
  pages.post('/dashboard/workspace', async (c) => {
    const { workspaceId = '' } = await readForm(c);
    await switchWorkspace(ctx, { session: sessionOf(c), workspaceId });
    return c.redirect('/dashboard', 303);
  });
  pages.post('/dashboard/workspaces', async (c) => {
    const input = await readForm(c);
    try {
      await makeOwnWorkspace(ctx, { session: sessionOf(c), input });
    } catch (error) {
      const text = Object.values(problemsOf(error, {})).join(' ');
      return redirectWith(c, '/dashboard/account', { kind: 'problem', text });
    }
    return redirectWith(c, '/dashboard', { kind: 'done', text: 'Your new workspace is ready.' });
  });
  return pages;
}
