/** Test Connection, for saved settings and for settings that are not saved yet. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import { DestinationName } from '../../contract/api/storage/storage-names.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { optionalBody } from '../../http/optional-body.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { ConnectionReport } from '../../contract/api/storage/connection-report.ts';
import { DestinationInput } from '../../contract/api/storage/destination-input.ts';
import type { DestinationRef } from '../../storage/destinations/destinations.ts';
import { testStorage, testStorageInput } from '../../storage/connection/test-storage.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';

const common = {
  method: 'post' as const,
  description:
    'Checks the address, stores a small object with the headers of a real upload, and tries the other operations. s3:PutObject is enough to pass. With a body, the settings in the body are tested and nothing is saved; omitted secrets are taken from the saved settings. Without a body, the saved settings are tested, and the service remembers what the provider supports.',
  ...needsScope('storage'),
  responses: {
    ...okResponse('The result of the test, also when checks fail.', ConnectionReport),
    ...keyErrorResponses(
      'invalid_request',
      'storage_address_forbidden',
      'storage_not_configured',
      'destination_not_found',
      'request_too_large',
      'storage_credentials_unreadable',
    ),
  },
};
const body = { required: false, content: { 'application/json': { schema: DestinationInput } } };
const name = DestinationName.meta({ description: 'The name of the destination.' });

const testRoute = createRoute({
  ...common,
  path: '/storage/test',
  summary: 'Test the connection to the S3 storage',
  request: {
    query: z.strictObject({
      destination: DestinationName.optional().meta({ description: 'Default: the default destination.' }),
    }),
    body,
  },
});

const testNamedRoute = createRoute({
  ...common,
  path: '/storage/destinations/{name}/test',
  summary: 'Test the connection to a destination',
  request: { params: z.object({ name }), body },
});

/** The routes, for the app to mount. */
export function storageTestRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.use('/storage/test', optionalBody);
  routes.use('/storage/destinations/:name/test', optionalBody);
  routes.openapi(
    testRoute,
    async (c) => {
      const { destination } = c.req.valid('query');
      const ref = { workspaceId: c.var.principal.workspaceId, name: destination };
      const data = await test(ctx, ref, c.req.valid('json'));
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(DestinationInput),
  );
  routes.openapi(
    testNamedRoute,
    async (c) => {
      const ref = { workspaceId: c.var.principal.workspaceId, ...c.req.valid('param') };
      const data = await test(ctx, ref, c.req.valid('json'));
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(DestinationInput),
  );
  return routes;
}

/** Without a body there is no validation, and the value is empty despite its type. */
function test(ctx: Ctx, ref: DestinationRef, input: DestinationInput): Promise<ConnectionReport> {
  return 'bucket' in input ? testStorageInput(ctx, ref, input) : testStorage(ctx, ref);
}
