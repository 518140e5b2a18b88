/** `/batches`: many imports that one request starts. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { cancelBatch } from '../../batches/cancel-batch.ts';
import { findBatch } from '../../batches/find-batch.ts';
import { BatchRequest } from '../../contract/api/batches/batch-request.ts';
import { BatchStarted, BatchView } from '../../contract/api/batches/batch-view.ts';
import { IdempotencyHeaders } from '../../contract/api/request-headers.ts';
import type { Ctx } from '../../context.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { toBatchView } from '../../views/batch-view.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';
import { readOrder, readRetryOrder } from './orders.ts';
import { startBatch } from './start-batch.ts';

/** Why a batch is refused. */
const REFUSALS = [
  'invalid_request',
  'source_address_forbidden',
  'webhook_address_forbidden',
  'idempotency_key_reused',
  'queue_full',
  'concurrency_limited',
  'insufficient_balance',
] as const;

export const batchParams = z.object({
  id: z.string().meta({ description: 'The batchId of POST /batches.' }),
});

const createBatchRoute = createRoute({
  method: 'post',
  path: '/batches',
  summary: 'Start many imports',
  description:
    'Up to 1,000 URLs, or the entries of a playlist, a channel or a feed. All imports of a batch are started, or none. Single imports of the workspace come before the items of its batches.',
  ...needsScope('imports:write'),
  request: {
    headers: IdempotencyHeaders,
    body: { required: true, content: { 'application/json': { schema: BatchRequest } } },
  },
  responses: {
    ...okResponse('The batch is started.', BatchStarted),
    ...keyErrorResponses(...REFUSALS, 'request_too_large'),
  },
});

const getRoute = createRoute({
  method: 'get',
  path: '/batches/{id}',
  summary: 'Get a batch',
  ...needsScope('imports:read'),
  request: { params: batchParams },
  responses: { ...okResponse('The batch.', BatchView), ...keyErrorResponses('batch_not_found') },
});

const cancelRoute = createRoute({
  method: 'post',
  path: '/batches/{id}/cancel',
  summary: 'Cancel a batch',
  description:
    'Its queued imports are canceled immediately, its running ones within one heartbeat. Imports that have ended stay. The call is idempotent.',
  ...needsScope('imports:write'),
  request: { params: batchParams },
  responses: {
    ...okResponse('The batch, canceled or being canceled.', BatchView),
    ...keyErrorResponses('batch_not_found', 'batch_already_ended'),
  },
});

const retryRoute = createRoute({
  method: 'post',
  path: '/batches/{id}/retry',
  summary: 'Import the failed items again',
  description:
    'Starts a new batch with the requests of the failed items of one that has ended. A playlist that could not be read is read again.',
  ...needsScope('imports:write'),
  request: { params: batchParams, headers: IdempotencyHeaders },
  responses: {
    ...okResponse('The new batch is started.', BatchStarted),
    ...keyErrorResponses(...REFUSALS, 'batch_not_found', 'batch_not_ended', 'batch_has_no_failures'),
  },
});

/** The routes, for the app to mount. */
export function batchRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(
    createBatchRoute,
    async (c) => {
      const body = c.req.valid('json');
      const data = await startBatch(ctx, c, async () => readOrder(body));
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(BatchRequest),
  );
  routes.openapi(getRoute, async (c) => {
    const ref = { workspaceId: c.var.principal.workspaceId, batchId: c.req.valid('param').id };
    return c.json({ success: true as const, data: toBatchView(await findBatch(ctx, ref)) }, 200);
  });
  routes.openapi(cancelRoute, async (c) => {
    const ref = { workspaceId: c.var.principal.workspaceId, batchId: c.req.valid('param').id };
    await cancelBatch(ctx, ref);
    return c.json({ success: true as const, data: toBatchView(await findBatch(ctx, ref)) }, 200);
  });
  routes.openapi(retryRoute, async (c) => {
    const ref = { workspaceId: c.var.principal.workspaceId, batchId: c.req.valid('param').id };
    const data = await startBatch(ctx, c, () => readRetryOrder(ctx, ref));
    return c.json({ success: true as const, data }, 200);
  });
  return routes;
}
