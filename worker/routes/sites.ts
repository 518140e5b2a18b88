/** `GET /sites`: whether imports from a site succeed at the moment. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { SiteQuery, SiteView } from '../contract/api/sites.ts';
import type { Ctx } from '../context.ts';
import { invalidFields } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { rejectInvalid } from '../http/reject-invalid.ts';
import { hostOf } from '../jobs/imports/search-words.ts';
import { readSites } from '../jobs/sites/read-sites.ts';
import { toSiteView } from '../views/site-view.ts';
import { keyErrorResponses, needsScope } from './for-keys.ts';
import { okResponse } from './responses.ts';

const sitesRoute = createRoute({
  method: 'get',
  path: '/sites',
  summary: 'Get the success rates of sites',
  description:
    'How the imports of the last 24 hours ended, by the host of their URL: up to 100 hosts from which this workspace has imported, those with the most imports first. Failures of a storage or a downloader and limits of a request are not counted.',
  ...needsScope('imports:read'),
  request: { query: SiteQuery },
  responses: {
    ...okResponse(
      'The sites.',
      z.strictObject({
        sites: z.array(SiteView).meta({ description: 'The site with the most imports first.' }),
      }),
    ),
    ...keyErrorResponses('invalid_request'),
  },
});

/** The route, for the app to mount. */
export function siteRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(
    sitesRoute,
    async (c) => {
      const { host } = c.req.valid('query');
      const sites = await readSites(ctx, c.var.principal.workspaceId, host && normalHost(host));
      return c.json({ success: true as const, data: { sites: sites.map(toSiteView) } }, 200);
    },
    rejectInvalid(SiteQuery),
  );
  return routes;
}

function normalHost(text: string): string {
  const host = hostOf(`https://${text}/`);
  if (host === null || host === '')
    throw invalidFields([{ field: 'host', message: 'host must be a host name, such as youtube.com' }]);
  return host;
}
