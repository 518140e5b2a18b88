/** Starts the batch of a playlist, for each route that does. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { createPlaylistBatch } from '../../batches/create-playlist-batch.ts';
import type { PlaylistSource } from '../../contract/api/batches/batch-request.ts';
import type { BatchStarted } from '../../contract/api/batches/batch-view.ts';
import type { ImportOptions } from '../../contract/api/import-request.ts';
import { keyIdOf, type Ctx } from '../../context.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { takeImports } from '../../limits/take-imports.ts';
import { checkWebhookUrl } from '../../webhooks/check-url.ts';
import { prepareOptions } from './prepare-items.ts';

export interface PlaylistOrder {
  playlist: PlaylistSource;
  /** Of all imports. */
  options?: ImportOptions | undefined;
  webhookUrl?: string | null | undefined;
  /** The batch whose playlist is read again. */
  retryOf?: string;
}

/**
 * Checks the playlist and the options, and creates the batch, once for each Idempotency-Key. The number of entries is not
 * known yet: for the limits, it is maxEntries.
 */
export function startPlaylist(
  ctx: Ctx,
  c: Context<AppEnv>,
  readOrder: () => Promise<PlaylistOrder>,
): Promise<z.infer<typeof BatchStarted>> {
  return answerOnce(ctx, c, async (keep) => {
    const { workspaceId } = c.var.principal;
    const createdBy = keyIdOf(c.var.principal);
    const order = await readOrder();
    const webhookUrl = order.webhookUrl && checkWebhookUrl(ctx.config, order.webhookUrl, 'webhookUrl');
    const { url, options } = await prepareOptions(ctx, workspaceId, order);
    await takeImports(ctx, c, order.playlist.maxEntries);
    const message = 'The playlist is being read.';
    const answer = (batchId: string) => ({ batchId, status: 'reading' as const, total: 0, message });
    const batchId = await createPlaylistBatch(ctx, {
      workspaceId,
      createdBy,
      playlist: { ...order.playlist, url },
      options,
      webhookUrl,
      retryOf: order.retryOf,
      alongside: (id, exists) => keep(answer(id), exists),
    });
    return answer(batchId);
  });
}
