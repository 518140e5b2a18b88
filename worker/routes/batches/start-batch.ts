/** Starts a batch of imports, for each route that does. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { createBatch } from '../../batches/create-batch.ts';
import type { BatchStarted } from '../../contract/api/batches/batch-view.ts';
import { keyIdOf, type Ctx } from '../../context.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { takeImports } from '../../limits/take-imports.ts';
import { checkWebhookUrl } from '../../webhooks/check-url.ts';
import { prepareItems, type Asked } from './prepare-items.ts';

export interface BatchOrder {
  items: Asked[];
  webhookUrl?: string | null | undefined;
  /** The batch whose failed items are imported again. */
  retryOf?: string;
}

/** Checks the items and creates the batch, once for each Idempotency-Key. Returns the data of the answer. */
export function startBatch(
  ctx: Ctx,
  c: Context<AppEnv>,
  readOrder: () => Promise<BatchOrder>,
): Promise<z.infer<typeof BatchStarted>> {
  return answerOnce(ctx, c, async (keep) => {
    const { workspaceId } = c.var.principal;
    const createdBy = keyIdOf(c.var.principal);
    const order = await readOrder();
    const webhookUrl = order.webhookUrl && checkWebhookUrl(ctx.config, order.webhookUrl, 'webhookUrl');
    const items = await prepareItems(ctx, workspaceId, order.items);
    await takeImports(ctx, c, items.length);
    const total = items.length;
    const message = `${total} imports are queued.`;
    const answer = (batchId: string) => ({ batchId, status: 'processing' as const, total, message });
    const batchId = await createBatch(ctx, {
      workspaceId,
      createdBy,
      items,
      webhookUrl,
      retryOf: order.retryOf,
      alongside: (id, exists) => keep(answer(id), exists),
    });
    return answer(batchId);
  });
}
