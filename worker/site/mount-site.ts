/** The paths of pages, as part of the app. The pages are loaded by the first request for one: the API, messages and cron never load them. */
import { Hono } from 'hono';
import type { Ctx } from '../context.ts';
import type { AppEnv } from '../http/app-env.ts';
import type { SiteEnv } from './site-env.ts';

/** Whether they need a session is decided in site-app.ts. */
export const SITE_PATHS = [
  '/',
  '/assets/*',
  '/dashboard/*',
  '/docs/*',
  '/invitations/*',
  '/reset/*',
  '/setup/*',
  '/sign-in',
  '/sign-out',
  '/sign-up',
];

/** The routes, for the app to mount. `describeApi` returns the OpenAPI document. */
export function mountSite(ctx: Ctx, describeApi: () => object): Hono<AppEnv> {
  let site: Promise<Hono<SiteEnv>> | undefined;
  const load = async () => (await import('./site-app.ts')).siteAppOf(ctx);
  const app = new Hono<AppEnv>();
  app.on(['GET', 'POST'], SITE_PATHS, async (c) => {
    site ??= load();
    const bindings: SiteEnv['Bindings'] = {
      requestId: c.var.requestId,
      describeApi,
      noteSession: ({ principal }) => c.set('principal', principal),
      noteError: (code) => c.set('errorCode', code),
    };
    return (await site).fetch(c.req.raw, bindings);
  });
  return app;
}
