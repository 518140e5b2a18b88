import { eq } from 'drizzle-orm';
import { batches } from '../../db/tables/batches.ts';
import type { Kind } from './kind.ts';
import { sourceTask } from './source-task.ts';

/** Reads the entries of a playlist, of which the batch with the same id imports those that its filter leaves. */
export const playlistKind: Kind = {
  command: async (ctx, job) => {
    const batch = await ctx.db.query.batches.findFirst({ where: eq(batches.id, job.id) });
    if (!batch?.playlist) throw new Error(`playlist job ${job.id} has no batch`);
    const { url: _, ...filter } = batch.playlist;
    const { source } = sourceTask(ctx, job);
    return { kind: 'playlist', source, filter };
  },
  // The imports of its entries cost something.
  bill: () => ({ bytes: 0, microdollars: 0 }),
  // The end of the batch is announced.
  events: { completed: [], failed: [], canceled: [] },
  announcesProgress: false,
  callbackUrl: () => null,
  batchOf: ({ id }) => id,
  endStatements: [],
};
