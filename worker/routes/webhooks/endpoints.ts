/** `/webhooks`: the endpoints that are told about events. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Ctx } from '../../context.ts';
import {
  RotateSecretRequest,
  WebhookChange,
  WebhookDeleted,
  WebhookInput,
  WebhookView,
  WebhookWithSecret,
} from '../../contract/api/webhooks/endpoint.ts';
import { IdempotencyHeaders } from '../../contract/api/request-headers.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { optionalBody } from '../../http/optional-body.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { toWebhookView } from '../../views/webhook-view.ts';
import { getEndpoint, listEndpoints } from '../../webhooks/endpoint-rows.ts';
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  type AlongsideSecret,
  type WithSecret,
} from '../../webhooks/endpoints.ts';
import { rotateSecret } from '../../webhooks/rotate-secret.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';
import { eventRequest } from './event-request.ts';
import { WebhookParams } from './params.ts';

const path = '/webhooks/{id}';
const inputErrors = ['invalid_request', 'webhook_address_forbidden', 'request_too_large'] as const;

const createRouteOf = createRoute({
  method: 'post',
  path: '/webhooks',
  summary: 'Create a webhook endpoint',
  description: 'Its secret is in this answer only.',
  ...needsScope('webhooks'),
  request: {
    headers: IdempotencyHeaders,
    body: { required: true, content: { 'application/json': { schema: WebhookInput } } },
  },
  responses: {
    ...okResponse('The endpoint, with its secret.', WebhookWithSecret),
    ...keyErrorResponses(...inputErrors, 'idempotency_key_reused', 'webhook_limit_reached'),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/webhooks',
  summary: 'List the webhook endpoints',
  ...needsScope('webhooks'),
  responses: { ...okResponse('The oldest first.', z.array(WebhookView)), ...keyErrorResponses() },
});

const readRoute = createRoute({
  method: 'get',
  path,
  summary: 'Get a webhook endpoint',
  ...needsScope('webhooks'),
  request: { params: WebhookParams },
  responses: {
    ...okResponse('The endpoint, without its secret.', WebhookView),
    ...keyErrorResponses('invalid_request', 'webhook_not_found'),
  },
});

const changeRoute = createRoute({
  method: 'patch',
  path,
  summary: 'Change a webhook endpoint',
  description: 'Fields that the request omits stay as they are. Events that wait go to a new URL.',
  ...needsScope('webhooks'),
  request: {
    params: WebhookParams,
    body: { required: true, content: { 'application/json': { schema: WebhookChange } } },
  },
  responses: {
    ...okResponse('The endpoint.', WebhookView),
    ...keyErrorResponses(...inputErrors, 'webhook_not_found'),
  },
});

const removeRoute = createRoute({
  method: 'delete',
  path,
  summary: 'Delete a webhook endpoint with its log',
  ...needsScope('webhooks'),
  request: { params: WebhookParams },
  responses: {
    ...okResponse('The endpoint is deleted.', WebhookDeleted),
    ...keyErrorResponses('invalid_request', 'webhook_not_found'),
  },
});

const rotateRoute = createRoute({
  method: 'post',
  path: '/webhooks/{id}/rotate-secret',
  summary: 'Give a webhook endpoint a new secret',
  description:
    'The previous secret signs too for `overlapSeconds`, so that receivers can change it without a gap. The new secret is in this answer only.',
  ...needsScope('webhooks'),
  request: {
    headers: IdempotencyHeaders,
    params: WebhookParams,
    body: { required: false, content: { 'application/json': { schema: RotateSecretRequest } } },
  },
  responses: {
    ...okResponse('The endpoint, with its new secret.', WebhookWithSecret),
    ...keyErrorResponses(
      'invalid_request',
      'request_too_large',
      'idempotency_key_reused',
      'webhook_not_found',
    ),
  },
});

/** The routes, for the app to mount. */
export function webhookRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openAPIRegistry.registerWebhook(eventRequest);
  routes.use('/webhooks/:id/rotate-secret', optionalBody);
  routes.openapi(
    createRouteOf,
    async (c) => {
      const { workspaceId, actor } = c.var.principal;
      const input = c.req.valid('json');
      const data = await answerWithSecret(ctx, c, (alongside) =>
        createEndpoint(ctx, { workspaceId, actor, input, alongside }),
      );
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(WebhookInput),
  );
  routes.openapi(listRoute, async (c) => {
    const rows = await listEndpoints(ctx, c.var.principal.workspaceId);
    return c.json({ success: true as const, data: rows.map((row) => toWebhookView(row, ctx.now())) }, 200);
  });
  routes.openapi(readRoute, async (c) => {
    const ref = { workspaceId: c.var.principal.workspaceId, ...c.req.valid('param') };
    const data = toWebhookView(await getEndpoint(ctx, ref), ctx.now());
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(
    changeRoute,
    async (c) => {
      const { workspaceId, actor } = c.var.principal;
      const ref = { workspaceId, actor, ...c.req.valid('param') };
      const row = await changeEndpoint(ctx, { ...ref, change: c.req.valid('json') });
      return c.json({ success: true as const, data: toWebhookView(row, ctx.now()) }, 200);
    },
    rejectInvalid(WebhookChange),
  );
  routes.openapi(removeRoute, async (c) => {
    const { workspaceId, actor } = c.var.principal;
    await deleteEndpoint(ctx, { workspaceId, actor, ...c.req.valid('param') });
    return c.json({ success: true as const, data: { deleted: true as const } }, 200);
  });
  routes.openapi(
    rotateRoute,
    async (c) => {
      const { workspaceId, actor } = c.var.principal;
      const ref = { workspaceId, actor, ...c.req.valid('param') };
      const { overlapSeconds } = RotateSecretRequest.parse(c.req.valid('json'));
      const data = await answerWithSecret(ctx, c, (alongside) =>
        rotateSecret(ctx, { ...ref, overlapSeconds, alongside }),
      );
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(RotateSecretRequest),
  );
  return routes;
}

/** The data of the answer that contains a new secret, once for each Idempotency-Key. */
function answerWithSecret(
  ctx: Ctx,
  c: Context<AppEnv>,
  make: (alongside: AlongsideSecret) => Promise<WithSecret>,
): Promise<z.infer<typeof WebhookWithSecret>> {
  const answer = ({ row, secret }: WithSecret) => ({ ...toWebhookView(row, ctx.now()), secret });
  return answerOnce(ctx, c, async (keep) => answer(await make((made, exists) => keep(answer(made), exists))));
}
