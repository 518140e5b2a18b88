/** `/keys`: creates, lists, rotates and revokes the API keys of a workspace. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createKey } from '../auth/keys/create-key.ts';
import { listKeys } from '../auth/keys/list-keys.ts';
import { revokeKey } from '../auth/keys/revoke-key.ts';
import { rotateKey } from '../auth/keys/rotate-key.ts';
import type { MadeKey } from '../auth/keys/api-key.ts';
import type { AlongsideKey } from '../auth/keys/key-batch.ts';
import type { Ctx } from '../context.ts';
import { KeyInput, KeyView, NewKey, RotateInput } from '../contract/api/keys.ts';
import { IdempotencyHeaders } from '../contract/api/request-headers.ts';
import { answerOnce } from '../http/answer-once.ts';
import type { AppEnv } from '../http/app-env.ts';
import { optionalBody } from '../http/optional-body.ts';
import { rejectInvalid } from '../http/reject-invalid.ts';
import { toKeyView } from '../views/key-view.ts';
import { keyErrorResponses, needsScope } from './for-keys.ts';
import { okResponse } from './responses.ts';

const params = z.object({ id: z.string().meta({ description: 'The id of the key.' }) });

const createKeyRoute = createRoute({
  method: 'post',
  path: '/keys',
  summary: 'Create an API key',
  description:
    'The answer contains the key, and no other answer does. A key cannot create a key that may do more than itself: scopes, end, addresses and limits are compared. While its creator has limits, both keys count together.',
  ...needsScope('admin'),
  request: {
    headers: IdempotencyHeaders,
    body: { required: true, content: { 'application/json': { schema: KeyInput } } },
  },
  responses: {
    ...okResponse('The new key.', NewKey),
    ...keyErrorResponses(
      'invalid_request',
      'request_too_large',
      'idempotency_key_reused',
      'key_grant_exceeded',
      'too_many_keys',
    ),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/keys',
  summary: 'List the API keys of the workspace, without their secrets',
  ...needsScope('admin'),
  responses: {
    ...okResponse(
      'All keys that are in force, the newest first; then the newest 100 keys that have ended.',
      z.array(KeyView),
    ),
    ...keyErrorResponses(),
  },
});

const rotateRoute = createRoute({
  method: 'post',
  path: '/keys/{id}/rotate',
  summary: 'Replace an API key by a new one with the same rights',
  description:
    'The old key keeps working for `overlapSeconds`. The answer contains the new key, and no other answer does.',
  ...needsScope('admin'),
  request: {
    headers: IdempotencyHeaders,
    params,
    body: { required: false, content: { 'application/json': { schema: RotateInput } } },
  },
  responses: {
    ...okResponse('The new key.', NewKey),
    ...keyErrorResponses(
      'invalid_request',
      'request_too_large',
      'idempotency_key_reused',
      'key_not_found',
      'key_ended',
      'key_grant_exceeded',
      'too_many_keys',
    ),
  },
});

const revokeRoute = createRoute({
  method: 'delete',
  path: '/keys/{id}',
  summary: 'Revoke an API key',
  description:
    'Requests with the key are refused as soon as this call answers. The last key with the scope `admin` can be rotated, but not revoked. The call is idempotent.',
  ...needsScope('admin'),
  request: { params },
  responses: {
    ...okResponse('The key, revoked.', KeyView),
    ...keyErrorResponses('key_not_found', 'last_admin_key'),
  },
});

/** The routes, for the app to mount. */
export function keyRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.use('/keys/:id/rotate', optionalBody);
  routes.openapi(
    createKeyRoute,
    async (c) => {
      const { principal } = c.var;
      const input = c.req.valid('json');
      const data = await answerWithKey(ctx, c, (alongside) =>
        createKey(ctx, { principal, input, alongside }),
      );
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(KeyInput),
  );
  routes.openapi(listRoute, async (c) => {
    const rows = await listKeys(ctx, { workspaceId: c.var.principal.workspaceId });
    return c.json({ success: true as const, data: rows.map((row) => toKeyView(row, ctx.now())) }, 200);
  });
  routes.openapi(
    rotateRoute,
    async (c) => {
      const { principal } = c.var;
      const asked = { principal, keyId: c.req.valid('param').id, input: c.req.valid('json') };
      const data = await answerWithKey(ctx, c, (alongside) => rotateKey(ctx, { ...asked, alongside }));
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(RotateInput),
  );
  routes.openapi(revokeRoute, async (c) => {
    const { workspaceId, actor } = c.var.principal;
    const ref = { workspaceId, actor, keyId: c.req.valid('param').id };
    const row = await revokeKey(ctx, ref);
    return c.json({ success: true as const, data: toKeyView(row, ctx.now()) }, 200);
  });
  return routes;
}

/** The data of the answer that contains a new key, once for each Idempotency-Key. */
function answerWithKey(
  ctx: Ctx,
  c: Context<AppEnv>,
  make: (alongside: AlongsideKey) => Promise<MadeKey>,
): Promise<z.infer<typeof NewKey>> {
  const answer = ({ key, row }: MadeKey) => ({ key, ...toKeyView(row, ctx.now()) });
  // Another key of the workspace may be allowed less than the new key.
  return answerOnce(
    ctx,
    c,
    async (keep) => answer(await make((made, exists) => keep(answer(made), exists))),
    { forKeyOnly: true },
  );
}
