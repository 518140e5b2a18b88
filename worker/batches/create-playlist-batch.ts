/** Creates the batch of a playlist with the job that reads it. The end of this job makes the imports. */
import type { PlaylistSource } from '../contract/api/batches/batch-request.ts';
import type { ImportOptions } from '../contract/api/import-request.ts';
import type { Ctx } from '../context.ts';
import { boundRow } from '../db/bound-row.ts';
import { batches } from '../db/tables/batches.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { ring } from '../doorbell/ring.ts';
import { timeOfId } from '../ids.ts';
import { importsRefusal, mayAddImports } from '../jobs/batches/room-for-imports.ts';
import { hostOf } from '../jobs/imports/search-words.ts';
import { insertQueued } from '../jobs/queue-limit.ts';
import { batchExists, type NewBatch } from './create-batch.ts';

export interface NewPlaylistBatch extends Omit<NewBatch, 'items'> {
  playlist: PlaylistSource;
  /** Of all imports. */
  options: ImportOptions;
}

/** Returns the id of the batch, which is that of its job. AppErrors as for a batch of `maxEntries` imports. */
export async function createPlaylistBatch(ctx: Ctx, order: NewPlaylistBatch): Promise<string> {
  const { workspaceId, createdBy, playlist, options, webhookUrl = null, retryOf = null, alongside } = order;
  const id = ctx.newId();
  const createdAt = timeOfId(id);
  const row = boundRow(batches, { id, workspaceId, playlist, options, webhookUrl, retryOf, createdAt });
  const imports = { workspaceId, count: playlist.maxEntries };
  const exists = batchExists(id);
  const { url } = playlist;
  const job = {
    id,
    workspaceId,
    kind: 'playlist' as const,
    createdBy,
    request: { url },
    sourceHost: hostOf(url),
    createdAt,
  };
  const [made] = await ctx.db.batch([
    ctx.db
      .insert(batches)
      .select(ctx.db.select(row).from(workspaces).where(mayAddImports(ctx, imports)))
      .returning({ id: batches.id }),
    insertQueued(ctx, job, exists),
    ...((await alongside?.(id, exists)) ?? []),
  ]);
  if (made.length === 0) throw await importsRefusal(ctx, imports);
  await ring(ctx);
  return id;
}
