/** `/storage/migrate`: moves the files of a workspace from service storage to its bucket. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import { MigrateRequest, Migration } from '../../contract/api/storage/migration.ts';
import { IdempotencyHeaders } from '../../contract/api/request-headers.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { optionalBody } from '../../http/optional-body.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { readMigration, startMigration } from '../../transfers/migrate-imports.ts';
import { requireDestination } from '../../storage/destinations/choose-destination.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';

const startRoute = createRoute({
  method: 'post',
  path: '/storage/migrate',
  summary: 'Store every completed import that is in service storage in a bucket',
  description:
    'Free of charge. The service stores its copies, a few at a time, and never reads the sources. Each import then reports its new location. Repeating the call adds new and failed files, and starts the counts again.',
  ...needsScope('storage'),
  request: {
    headers: IdempotencyHeaders,
    body: { required: false, content: { 'application/json': { schema: MigrateRequest } } },
  },
  responses: {
    ...okResponse('The migration is running.', Migration),
    ...keyErrorResponses(
      'invalid_request',
      'request_too_large',
      'idempotency_key_reused',
      'storage_not_configured',
    ),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/storage/migrate',
  summary: 'Get the progress of the latest migration',
  ...needsScope('storage'),
  responses: {
    ...okResponse('The counts. All of them are 0 when there was no migration.', Migration),
    ...keyErrorResponses(),
  },
});

/** The routes, for the app to mount. */
export function storageMigrateRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.use('/storage/migrate', optionalBody);
  routes.openapi(
    startRoute,
    async (c) => {
      const { workspaceId } = c.var.principal;
      const data = await answerOnce(ctx, c, async () => {
        const { id: destinationId } = await requireDestination(ctx, workspaceId, c.req.valid('json'));
        return startMigration(ctx, { workspaceId, destinationId });
      });
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(MigrateRequest),
  );
  routes.openapi(readRoute, async (c) => {
    const data = await readMigration(ctx, c.var.principal.workspaceId);
    return c.json({ success: true as const, data }, 200);
  });
  return routes;
}
