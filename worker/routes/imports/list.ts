/** `GET /imports`: the imports of the workspace, by page. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { ImportList, ImportListQuery } from '../../contract/api/import-list.ts';
import type { Ctx } from '../../context.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';
import { readImportPage } from './read-import-page.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/imports',
  summary: 'List imports',
  description:
    'The newest first. Filters can be combined. A page continues where the last one ended, whatever was created or has changed meanwhile. Deleted imports and store jobs are not listed.',
  ...needsScope('imports:read'),
  request: { query: ImportListQuery },
  responses: {
    ...okResponse('A page of the list.', ImportList),
    ...keyErrorResponses('invalid_request', 'destination_not_found'),
  },
});

/** The route, for the app to mount. */
export function importListRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(
    listRoute,
    async (c) => {
      const { workspaceId } = c.var.principal;
      const data = await readImportPage(ctx, workspaceId, c.req.valid('query'));
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(ImportListQuery),
  );
  return routes;
}
