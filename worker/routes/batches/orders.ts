/** What a new batch is made of: the body of a request, or what failed in an earlier batch. */
import { findBatch, type BatchRef } from '../../batches/find-batch.ts';
import { findFailedItems } from '../../batches/find-failed-items.ts';
import type { BatchRequest } from '../../contract/api/batches/batch-request.ts';
import type { Ctx } from '../../context.ts';
import { askedItems } from './prepare-items.ts';
import type { ItemsOrder, PlaylistOrder } from './start-batch.ts';

/** The order of a body. */
export function readOrder(body: BatchRequest): ItemsOrder | PlaylistOrder {
  const { webhookUrl, playlist, options } = body;
  return playlist ? { playlist, options, webhookUrl } : { items: askedItems(body), webhookUrl };
}

/**
 * The failed items of a batch, or its playlist if that could not be read. AppError `batch_not_found`, `batch_not_ended`, or
 * `batch_has_no_failures`.
 */
export async function readRetryOrder(ctx: Ctx, ref: BatchRef): Promise<ItemsOrder | PlaylistOrder> {
  const unread = await findUnread(ctx, ref);
  if (unread) return unread;
  const { batch, items } = await findFailedItems(ctx, ref);
  const asked = items.map(({ id, request }) => ({
    request,
    retryOf: id,
    fieldOf: (name: string) => name,
  }));
  return { items: asked, webhookUrl: batch.webhookUrl, retryOf: batch.id };
}

/** The playlist of a batch that failed because it could not be read; null for any other batch. */
async function findUnread(ctx: Ctx, ref: BatchRef): Promise<PlaylistOrder | null> {
  const { batch, playlistJob } = await findBatch(ctx, ref);
  const { playlist, options, webhookUrl, id: retryOf } = batch;
  return playlist && playlistJob?.status === 'failed'
    ? { playlist, options: options ?? {}, webhookUrl, retryOf }
    : null;
}
