/** `/dashboard`: what to do first, and what happened last. */
import { Hono } from 'hono';
import type { Ctx } from '../../../context.ts';
import { PageHeader } from '../../components/page-header.tsx';
import { showPage } from '../../layout/show-page.tsx';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';

/** The page, for the site's app to mount. */
export function homePages(_ctx: Ctx): Hono<SiteEnv> {
  return new Hono<SiteEnv>().get('/dashboard', (c) => {
    const { workspace } = sessionOf(c);
    return showPage(c, { title: 'Home', body: <PageHeader title={workspace.name} /> });
  });
}
