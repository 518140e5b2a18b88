/** `/storage`: the default bucket of a workspace. Answers never contain its secrets. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { DestinationInput } from '../../contract/api/storage/destination-input.ts';
import {
  DestinationDeleted,
  DestinationView,
  SavedDestination,
} from '../../contract/api/storage/destination-view.ts';
import { deleteDestination, getDestination } from '../../storage/destinations/destinations.ts';
import { toDestinationView } from '../../views/destination-view.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';
import { saveAndTest } from './save-and-test.ts';

const saveRoute = createRoute({
  method: 'put',
  path: '/storage',
  summary: 'Set the S3 storage for imports with "store": true',
  ...needsScope('storage'),
  request: { body: { required: true, content: { 'application/json': { schema: DestinationInput } } } },
  responses: {
    ...okResponse('The saved settings, and the result of their test.', SavedDestination),
    ...keyErrorResponses(
      'invalid_request',
      'storage_address_forbidden',
      'request_too_large',
      'storage_credentials_unreadable',
      'storage_not_configured',
    ),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/storage',
  summary: 'Get the S3 storage settings',
  ...needsScope('storage'),
  responses: {
    ...okResponse('The settings, without their secrets.', DestinationView),
    ...keyErrorResponses('storage_not_configured'),
  },
});

const removeRoute = createRoute({
  method: 'delete',
  path: '/storage',
  summary: 'Delete the S3 storage settings and their credentials',
  description:
    'Objects in the bucket remain. Imports go to service storage again. Other destinations do not change, and none of them becomes the default.',
  ...needsScope('storage'),
  responses: {
    ...okResponse('The settings are deleted.', DestinationDeleted),
    ...keyErrorResponses('storage_not_configured'),
  },
});

/** The routes, for the app to mount. */
export function storageRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(
    saveRoute,
    async (c) => {
      const { workspaceId, actor } = c.var.principal;
      const data = await saveAndTest(ctx, { workspaceId, actor, input: c.req.valid('json') });
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(DestinationInput),
  );
  routes.openapi(readRoute, async (c) => {
    const { workspaceId } = c.var.principal;
    const data = await toDestinationView(ctx, await getDestination(ctx, { workspaceId }));
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(removeRoute, async (c) => {
    const { workspaceId, actor } = c.var.principal;
    await deleteDestination(ctx, { workspaceId, actor });
    return c.json({ success: true as const, data: { deleted: true as const } }, 200);
  });
  return routes;
}
