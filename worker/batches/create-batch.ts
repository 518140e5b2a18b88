/** Creates batches: the row of the batch and all its imports in one D1 batch, so that none is lost or doubled. */
import { eq, sql, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../context.ts';
import { boundRow } from '../db/bound-row.ts';
import { batches } from '../db/tables/batches.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { ring } from '../doorbell/ring.ts';
import { timeOfId } from '../ids.ts';
import { insertItems, type NewItem } from '../jobs/batches/insert-items.ts';
import { importsRefusal, mayAddImports } from '../jobs/batches/room-for-imports.ts';

export interface NewBatch {
  workspaceId: string;
  /** The API key of the request. */
  createdBy: string | null;
  items: readonly NewItem[];
  webhookUrl?: string | null | undefined;
  /** The batch whose failed items this one imports again. */
  retryOf?: string | undefined;
  /** Further statements for the D1 batch. They must change nothing unless `exists` is true. */
  alongside?: ((batchId: string, exists: SQL) => Promise<BatchItem<'sqlite'>[]>) | undefined;
}

/**
 * Creates a batch of imports and returns its id. AppError `queue_full` when the workspace has no room for all of them,
 * `concurrency_limited` when its plan allows fewer unfinished imports, `insufficient_balance` when it cannot pay for any.
 */
export async function createBatch(ctx: Ctx, order: NewBatch): Promise<string> {
  const { workspaceId, createdBy, items, webhookUrl = null, retryOf = null, alongside } = order;
  const id = ctx.newId();
  const row = boundRow(batches, { id, workspaceId, webhookUrl, retryOf, createdAt: timeOfId(id) });
  const exists = batchExists(id);
  const imports = { workspaceId, count: items.length };
  const [made] = await ctx.db.batch([
    ctx.db
      .insert(batches)
      .select(ctx.db.select(row).from(workspaces).where(mayAddImports(ctx, imports)))
      .returning({ id: batches.id }),
    ...insertItems(ctx, { workspaceId, batchId: id, createdBy, items, exists }),
    ...((await alongside?.(id, exists)) ?? []),
  ]);
  if (made.length === 0) throw await importsRefusal(ctx, imports);
  await ring(ctx);
  return id;
}

/** True in a D1 batch from the statement on that makes the batch. */
export function batchExists(id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${batches} WHERE ${eq(batches.id, id)})`;
}
