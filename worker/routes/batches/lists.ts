/** `GET /batches` and `GET /batches/{id}/items`, by page. */
import { createRoute, OpenAPIHono, type z } from '@hono/zod-openapi';
import { findBatch, listBatches, type BatchRef } from '../../batches/find-batch.ts';
import { listItems } from '../../batches/list-items.ts';
import {
  BatchItemList,
  BatchItemQuery,
  BatchList,
  BatchListQuery,
} from '../../contract/api/batches/batch-view.ts';
import type { Ctx } from '../../context.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { cutPage, readCursor } from '../../http/cursor.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { toBatchItem, toBatchView } from '../../views/batch-view.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';
import { batchParams } from './batches.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/batches',
  summary: 'List batches',
  ...needsScope('imports:read'),
  request: { query: BatchListQuery },
  responses: {
    ...okResponse('A page of the list.', BatchList),
    ...keyErrorResponses('invalid_request'),
  },
});

const itemsRoute = createRoute({
  method: 'get',
  path: '/batches/{id}/items',
  summary: 'List the items of a batch',
  description:
    'Each item is an import; `GET /imports/{jobId}` has everything about it. Deleted imports are not listed.',
  ...needsScope('imports:read'),
  request: { params: batchParams, query: BatchItemQuery },
  responses: {
    ...okResponse('A page of the items.', BatchItemList),
    ...keyErrorResponses('invalid_request', 'batch_not_found'),
  },
});

/** The routes, for the app to mount. */
export function batchListRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(
    listRoute,
    async (c) => {
      const data = await readBatchPage(ctx, c.var.principal.workspaceId, c.req.valid('query'));
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(BatchListQuery),
  );
  routes.openapi(
    itemsRoute,
    async (c) => {
      const ref = { workspaceId: c.var.principal.workspaceId, batchId: c.req.valid('param').id };
      const data = await readItemPage(ctx, ref, c.req.valid('query'));
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(BatchItemQuery),
  );
  return routes;
}

/** A page of the batches of a workspace. AppError `invalid_request` for a cursor of another list. */
export async function readBatchPage(
  ctx: Ctx,
  workspaceId: string,
  { limit, cursor }: z.infer<typeof BatchListQuery>,
): Promise<z.infer<typeof BatchList>> {
  const list = ['batches', workspaceId].join('\n');
  const after = await readCursor(ctx.config, list, cursor);
  const found = await listBatches(ctx, { workspaceId, after, limit: limit + 1 });
  const idOf = ({ batch }: (typeof found)[number]) => batch.id;
  const { page, nextCursor } = await cutPage(ctx.config, list, { found, limit, idOf });
  return { batches: page.map(toBatchView), nextCursor };
}

/** A page of the items of a batch. AppError `batch_not_found`, or `invalid_request` for a cursor of another list. */
export async function readItemPage(
  ctx: Ctx,
  ref: BatchRef,
  { limit, cursor, status }: z.infer<typeof BatchItemQuery>,
): Promise<z.infer<typeof BatchItemList>> {
  const { batch } = await findBatch(ctx, ref);
  const list = ['batch items', batch.id, status ?? ''].join('\n');
  const after = await readCursor(ctx.config, list, cursor);
  const found = await listItems(ctx, { batchId: batch.id, status, after, limit: limit + 1 });
  const { page, nextCursor } = await cutPage(ctx.config, list, { found, limit, idOf: ({ id }) => id });
  return { items: page.map(toBatchItem), nextCursor };
}
