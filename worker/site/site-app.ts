/** All pages for people, behind their guards. A page is a sub-app in worker/site/pages/, which docs/architecture.md explains. */
import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Ctx } from '../context.ts';
import { homeOf } from '../databases/every-database.ts';
import { limitBody } from '../http/limit-body.ts';
import { databaseOfId } from '../ids.ts';
import { answerPageErrors, answerPageNotFound } from './answer-page-error.tsx';
import { assetRoutes } from './assets/assets.ts';
import { docsPages } from './docs/docs-pages.ts';
import { addPageHeaders } from './page-headers.ts';
import { accountPages } from './pages/account/account.tsx';
import { workspacePages } from './pages/account/workspaces.ts';
import { invitationPages } from './pages/accounts/invitation.tsx';
import { resetPages } from './pages/accounts/reset.tsx';
import { setupPages } from './pages/accounts/setup.tsx';
import { signInPages } from './pages/accounts/sign-in.tsx';
import { signUpPages } from './pages/accounts/sign-up.tsx';
import { batchPages } from './pages/batches/batches.tsx';
import { entryPages } from './pages/entry/entry.ts';
import { homePages } from './pages/home/home.tsx';
import { importPages } from './pages/imports/imports.tsx';
import { keyPages } from './pages/keys/keys.tsx';
import { auditPages } from './pages/members/audit.tsx';
import { changeMembersPages } from './pages/members/change-members.tsx';
import { membersPages } from './pages/members/members.tsx';
import { operationsPages } from './pages/operations/operations.tsx';
import { storagePages } from './pages/storage/storage.tsx';
import { usagePages } from './pages/usage/usage.tsx';
import { webhookPages } from './pages/webhooks/webhooks.tsx';
import { refuseOtherSites } from './refuse-other-sites.ts';
import { requireSession, sessionOf } from './require-session.ts';
import type { SiteEnv } from './site-env.ts';

/** Forms are short; the longest field holds the URLs of a batch. */
const MAX_FORM_BYTES = 1024 * 1024;

/** The app over each context. */
const apps = new WeakMap<Ctx, Hono<SiteEnv>>();

/** The app over one context, built once. */
export function siteAppOf(ctx: Ctx): Hono<SiteEnv> {
  const app = apps.get(ctx) ?? createSiteApp(ctx);
  apps.set(ctx, app);
  return app;
}

function createSiteApp(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.onError(answerPageErrors(ctx.log));
  app.notFound(answerPageNotFound);
  app.use(addPageHeaders, refuseOtherSites(ctx.config.PUBLIC_URL), limitBody(MAX_FORM_BYTES));
  app.route('/', assetRoutes());
  for (const pages of OPEN_PAGES) app.route('/', pages(ctx));
  app.use('/dashboard', requireSession(ctx));
  app.use('/dashboard/*', requireSession(ctx));
  app.use('/dashboard/*', withoutSlash);
  app.use('/dashboard', answerFromOwnDatabase(ctx));
  app.use('/dashboard/*', answerFromOwnDatabase(ctx));
  for (const pages of WORKSPACE_PAGES) app.route('/', pages(ctx));
  for (const pages of ACCOUNT_PAGES) app.route('/', pages(homeOf(ctx)));
  return app;
}

/** Leads from an address that was typed with a slash at its end to the page. */
const withoutSlash = createMiddleware<SiteEnv>(async (c, next) => {
  const { pathname, search } = new URL(c.req.url);
  if (c.req.method !== 'GET' || !pathname.endsWith('/')) return next();
  return c.redirect(pathname.slice(0, -1) + search, 301);
});

/** Hands a request over to the app of the database that has the workspace of its session. */
function answerFromOwnDatabase(ctx: Ctx) {
  return createMiddleware<SiteEnv>(async (c, next) => {
    const own = ctx.ofDatabase(databaseOfId(sessionOf(c).principal.workspaceId)) ?? ctx;
    return own.database === ctx.database ? next() : siteAppOf(own).fetch(c.req.raw, c.env);
  });
}

/** The pages for everybody. */
const OPEN_PAGES: readonly ((ctx: Ctx) => Hono<SiteEnv>)[] = [
  entryPages,
  docsPages,
  signInPages,
  signUpPages,
  setupPages,
  invitationPages,
  resetPages,
];
/** The pages for signed-in users. */
const WORKSPACE_PAGES: readonly ((ctx: Ctx) => Hono<SiteEnv>)[] = [
  homePages,
  importPages,
  batchPages,
  storagePages,
  keyPages,
  webhookPages,
  usagePages,
  auditPages,
  operationsPages,
];
/** The same about accounts, which are in the first database. */
const ACCOUNT_PAGES: readonly ((ctx: Ctx) => Hono<SiteEnv>)[] = [
  membersPages,
  changeMembersPages,
  accountPages,
  workspacePages,
];
