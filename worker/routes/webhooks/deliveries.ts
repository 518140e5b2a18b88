/** `/webhooks/{id}/deliveries`: what was sent to an endpoint, and what it answered; tests and replays. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import {
  DeliveryDetails,
  DeliveryPage,
  DeliveryView,
  ReplayAnswer,
} from '../../contract/api/webhooks/delivery-view.ts';
import { IdempotencyHeaders } from '../../contract/api/request-headers.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { cutPage, readCursor } from '../../http/cursor.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { toDeliveryDetails, toDeliveryView } from '../../views/webhook-view.ts';
import { getDelivery, listDeliveries } from '../../webhooks/deliveries.ts';
import { getEndpoint } from '../../webhooks/endpoint-rows.ts';
import { replayDelivery, replayFailed } from '../../webhooks/replay.ts';
import { sendTest } from '../../webhooks/send-test.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';
import { DeliveryParams, WebhookParams } from './params.ts';

const path = '/webhooks/{id}/deliveries';
const MAX_PAGE = 100;

export const DeliveryQuery = z.object({
  status: z
    .enum(['waiting', 'sending', 'delivered', 'failed'])
    .optional()
    .meta({ description: 'Only deliveries in this state.' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_PAGE)
    .default(20)
    .meta({ description: 'The most entries of a page.' }),
  cursor: z.string().optional().meta({ description: 'The nextCursor of the page before.' }),
});

const listRoute = createRoute({
  method: 'get',
  path,
  summary: 'List the deliveries to a webhook endpoint',
  description: 'The latest event first, each with its last request and answer.',
  ...needsScope('webhooks'),
  request: { params: WebhookParams, query: DeliveryQuery },
  responses: {
    ...okResponse('A page of deliveries.', DeliveryPage),
    ...keyErrorResponses('invalid_request', 'webhook_not_found'),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: `${path}/{deliveryId}`,
  summary: 'Get a delivery with all its attempts',
  ...needsScope('webhooks'),
  request: { params: DeliveryParams },
  responses: {
    ...okResponse('The delivery.', DeliveryDetails),
    ...keyErrorResponses('invalid_request', 'webhook_not_found', 'webhook_delivery_not_found'),
  },
});

const replayRoute = createRoute({
  method: 'post',
  path: `${path}/{deliveryId}/replay`,
  summary: 'Send an event again',
  description: 'Also one that was delivered. The request has the same webhook-id.',
  ...needsScope('webhooks'),
  request: { headers: IdempotencyHeaders, params: DeliveryParams },
  responses: {
    ...okResponse('The delivery, which is due now.', DeliveryView),
    ...keyErrorResponses(
      'invalid_request',
      'idempotency_key_reused',
      'webhook_not_found',
      'webhook_delivery_not_found',
      'webhook_disabled',
    ),
  },
});

const replayFailedRoute = createRoute({
  method: 'post',
  path: '/webhooks/{id}/replay',
  summary: 'Send all failed events again',
  ...needsScope('webhooks'),
  request: { headers: IdempotencyHeaders, params: WebhookParams },
  responses: {
    ...okResponse('The number of events that are sent again.', ReplayAnswer),
    ...keyErrorResponses(
      'invalid_request',
      'idempotency_key_reused',
      'webhook_not_found',
      'webhook_disabled',
    ),
  },
});

const testRoute = createRoute({
  method: 'post',
  path: '/webhooks/{id}/test',
  summary: 'Send a test event to a webhook endpoint',
  description: 'Sends it at once, and answers with the request and what the endpoint answered.',
  ...needsScope('webhooks'),
  request: { headers: IdempotencyHeaders, params: WebhookParams },
  responses: {
    ...okResponse('The delivery of the test event.', DeliveryDetails),
    ...keyErrorResponses('invalid_request', 'idempotency_key_reused', 'webhook_not_found'),
  },
});

/** The routes, for the app to mount. */
export function webhookDeliveryRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(listRoute, async (c) => {
    const { id } = c.req.valid('param');
    const endpoint = await getEndpoint(ctx, { workspaceId: c.var.principal.workspaceId, id });
    const data = await readDeliveryPage(ctx, endpoint.id, c.req.valid('query'));
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(readRoute, async (c) => {
    const { id, deliveryId: eventId } = c.req.valid('param');
    const endpoint = await getEndpoint(ctx, { workspaceId: c.var.principal.workspaceId, id });
    const { delivery, log } = await getDelivery(ctx, { endpointId: endpoint.id, eventId });
    return c.json({ success: true as const, data: toDeliveryDetails(delivery, log) }, 200);
  });
  routes.openapi(replayRoute, async (c) => {
    const { id, deliveryId } = c.req.valid('param');
    const endpoint = await getEndpoint(ctx, { workspaceId: c.var.principal.workspaceId, id });
    const data = await answerOnce(ctx, c, async () =>
      toDeliveryView(await replayDelivery(ctx, endpoint, deliveryId), null),
    );
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(replayFailedRoute, async (c) => {
    const { id } = c.req.valid('param');
    const endpoint = await getEndpoint(ctx, { workspaceId: c.var.principal.workspaceId, id });
    const data = await answerOnce(ctx, c, async () => ({ replayed: await replayFailed(ctx, endpoint) }));
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(testRoute, async (c) => {
    const { id } = c.req.valid('param');
    const data = await answerOnce(ctx, c, async () => {
      const { delivery, log } = await sendTest(ctx, { workspaceId: c.var.principal.workspaceId, id });
      return toDeliveryDetails(delivery, log);
    });
    return c.json({ success: true as const, data }, 200);
  });
  return routes;
}

/** A page of the deliveries to an endpoint, the latest first. AppError `invalid_request` for a cursor of another list. */
export async function readDeliveryPage(
  ctx: Ctx,
  endpointId: string,
  { status, limit, cursor }: z.infer<typeof DeliveryQuery>,
) {
  const list = `deliveries ${endpointId} ${status ?? ''}`;
  const before = await readCursor(ctx.config, list, cursor);
  const found = await listDeliveries(ctx, { endpointId, status, before, limit: limit + 1 });
  const idOf = ({ delivery }: (typeof found)[number]) => delivery.eventId;
  const { page, nextCursor } = await cutPage(ctx.config, list, { found, limit, idOf });
  return {
    deliveries: page.map(({ delivery, lastAttempt }) => toDeliveryView(delivery, lastAttempt)),
    nextCursor,
  };
}
