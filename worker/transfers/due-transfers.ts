/** Makes transfers that wait for a destination due earlier. */
import { and, eq, gt, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { transfers } from '../db/tables/transfers.ts';

/** When these transfers are due, in milliseconds from now. */
const SOON_MS = 30_000;

/** The waiting transfers that meet all conditions become due soon. Those that are due even earlier are not written. */
export async function makeTransfersDueSoon(ctx: Ctx, ...conditions: (SQL | undefined)[]): Promise<void> {
  const soon = ctx.now() + SOON_MS;
  await ctx.db
    .update(transfers)
    .set({ nextAt: soon })
    // The literal status lets SQLite use the partial index.
    .where(and(...conditions, gt(transfers.nextAt, soon), sql`${transfers.status} = 'waiting'`));
}

/** For a destination whose settings were saved: the new settings may accept files that were refused before. */
export async function retryTransfersTo(ctx: Ctx, destinationId: string): Promise<void> {
  await makeTransfersDueSoon(ctx, eq(transfers.destinationId, destinationId));
}
