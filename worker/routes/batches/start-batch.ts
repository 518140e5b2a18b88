/** Starts a batch of imports, for the routes and the pages. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { createBatch, type NewBatch } from '../../batches/create-batch.ts';
import { createPlaylistBatch } from '../../batches/create-playlist-batch.ts';
import type { PlaylistSource } from '../../contract/api/batches/batch-request.ts';
import type { BatchStarted } from '../../contract/api/batches/batch-view.ts';
import type { ImportOptions } from '../../contract/api/import-request.ts';
import { keyIdOf, type Ctx, type Principal } from '../../context.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import type { Keep } from '../../idempotency/do-once.ts';
import { takeImports } from '../../limits/take-imports.ts';
import { checkWebhookUrl } from '../../webhooks/check-url.ts';
import { prepareItems, prepareOptions, type Asked } from './prepare-items.ts';

interface Order {
  webhookUrl?: string | null | undefined;
  /** The batch that this one repeats. */
  retryOf?: string;
}

export interface ItemsOrder extends Order {
  items: Asked[];
}

export interface PlaylistOrder extends Order {
  playlist: PlaylistSource;
  /** Of all imports. */
  options?: ImportOptions | undefined;
}

/** An order after all checks that it can fail before its batch is made. */
interface Prepared {
  /** How many imports it starts at most. */
  imports: number;
  answer: Omit<z.infer<typeof BatchStarted>, 'batchId'>;
  /** Returns the id of the batch. */
  create: (batch: Omit<NewBatch, 'items'>) => Promise<string>;
}

/** Checks the order and creates the batch, once for each Idempotency-Key. Returns the data of the answer. */
export function startBatch(
  ctx: Ctx,
  c: Context<AppEnv>,
  readOrder: () => Promise<ItemsOrder | PlaylistOrder>,
): Promise<z.infer<typeof BatchStarted>> {
  return answerOnce(ctx, c, async (keep) => {
    const { principal } = c.var;
    const take = (imports: number) => takeImports(ctx, c, imports);
    return makeBatch(ctx, { principal, order: await readOrder(), take, keep });
  });
}

interface BatchToMake {
  principal: Principal;
  order: ItemsOrder | PlaylistOrder;
  /** Counts so many imports. Throws when the plan or the key does not allow them. */
  take: (imports: number) => Promise<void>;
  keep: Keep;
}

/** Checks the order and creates the batch. Returns the data of the answer. AppErrors as for `POST /batches`. */
export async function makeBatch(
  ctx: Ctx,
  { principal, order, take, keep }: BatchToMake,
): Promise<z.infer<typeof BatchStarted>> {
  const { workspaceId } = principal;
  const { retryOf } = order;
  const webhookUrl = order.webhookUrl && checkWebhookUrl(ctx.config, order.webhookUrl, 'webhookUrl');
  const prepare =
    'playlist' in order ? preparePlaylist(ctx, workspaceId, order) : prepareList(ctx, workspaceId, order);
  const { imports, answer, create } = await prepare;
  await take(imports);
  const alongside: NewBatch['alongside'] = (batchId, exists) => keep({ batchId, ...answer }, exists);
  const createdBy = keyIdOf(principal);
  return { batchId: await create({ workspaceId, createdBy, webhookUrl, retryOf, alongside }), ...answer };
}

async function prepareList(ctx: Ctx, workspaceId: string, order: ItemsOrder): Promise<Prepared> {
  const items = await prepareItems(ctx, workspaceId, order.items);
  const total = items.length;
  return {
    imports: total,
    answer: { status: 'processing', total, message: `${total} imports are queued.` },
    create: (batch) => createBatch(ctx, { ...batch, items }),
  };
}

/** The number of entries is not known yet: for the limits, it is `maxEntries`. */
async function preparePlaylist(ctx: Ctx, workspaceId: string, order: PlaylistOrder): Promise<Prepared> {
  const { url, options } = await prepareOptions(ctx, workspaceId, order);
  const playlist = { ...order.playlist, url };
  return {
    imports: playlist.maxEntries,
    answer: { status: 'reading', total: 0, message: 'The playlist is being read.' },
    create: (batch) => createPlaylistBatch(ctx, { ...batch, playlist, options }),
  };
}
