/** `/storage/destinations`: the buckets of a workspace, by name. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import { DestinationName } from '../../contract/api/storage/storage-names.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { DestinationInput } from '../../contract/api/storage/destination-input.ts';
import {
  DestinationDeleted,
  DestinationView,
  SavedDestination,
} from '../../contract/api/storage/destination-view.ts';
import {
  deleteDestination,
  getDestination,
  listDestinations,
} from '../../storage/destinations/destinations.ts';
import { toDestinationView } from '../../views/destination-view.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';
import { saveAndTest } from './save-and-test.ts';

const path = '/storage/destinations/{name}';
const params = z.object({ name: DestinationName.meta({ description: 'The name of the destination.' }) });

const listRoute = createRoute({
  method: 'get',
  path: '/storage/destinations',
  summary: 'List the destinations',
  ...needsScope('storage'),
  responses: {
    ...okResponse('The default destination first, then by name.', z.array(DestinationView)),
    ...keyErrorResponses(),
  },
});

const saveRoute = createRoute({
  method: 'put',
  path,
  summary: 'Create or replace a destination, which requests select with storageDestination',
  ...needsScope('storage'),
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: DestinationInput } } },
  },
  responses: {
    ...okResponse('The saved settings, and the result of their test.', SavedDestination),
    ...keyErrorResponses(
      'invalid_request',
      'storage_address_forbidden',
      'request_too_large',
      'storage_credentials_unreadable',
      'destination_not_found',
    ),
  },
});

const readRoute = createRoute({
  method: 'get',
  path,
  summary: 'Get the settings of a destination',
  ...needsScope('storage'),
  request: { params },
  responses: {
    ...okResponse('The settings, without their secrets.', DestinationView),
    ...keyErrorResponses('invalid_request', 'destination_not_found'),
  },
});

const removeRoute = createRoute({
  method: 'delete',
  path,
  summary: 'Delete a destination and its credentials',
  description: 'Objects in the bucket remain. No other destination becomes the default automatically.',
  ...needsScope('storage'),
  request: { params },
  responses: {
    ...okResponse('The destination is deleted.', DestinationDeleted),
    ...keyErrorResponses('invalid_request', 'destination_not_found'),
  },
});

/** The routes, for the app to mount. */
export function destinationRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(listRoute, async (c) => {
    const rows = await listDestinations(ctx, c.var.principal.workspaceId);
    const data = await Promise.all(rows.map((row) => toDestinationView(ctx, row)));
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(
    saveRoute,
    async (c) => {
      const { workspaceId, actor } = c.var.principal;
      const ref = { workspaceId, actor, ...c.req.valid('param') };
      const data = await saveAndTest(ctx, { ...ref, input: c.req.valid('json') });
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(DestinationInput),
  );
  routes.openapi(readRoute, async (c) => {
    const ref = { workspaceId: c.var.principal.workspaceId, ...c.req.valid('param') };
    const data = await toDestinationView(ctx, await getDestination(ctx, ref));
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(removeRoute, async (c) => {
    const { workspaceId, actor } = c.var.principal;
    await deleteDestination(ctx, { workspaceId, actor, ...c.req.valid('param') });
    return c.json({ success: true as const, data: { deleted: true as const } }, 200);
  });
  return routes;
}
