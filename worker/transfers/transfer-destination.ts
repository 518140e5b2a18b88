import { eq } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { DestinationRow, JobRow } from '../db/rows.ts';
import { destinations } from '../db/tables/destinations.ts';
import { transfers } from '../db/tables/transfers.ts';
import { AppError } from '../errors.ts';

/**
 * The destination of a store job. Found by its id, since it may have been renamed or may no longer be the default.
 * AppError `storage_not_configured` when it was deleted.
 */
export async function findTransferDestination(ctx: Ctx, { id }: Pick<JobRow, 'id'>): Promise<DestinationRow> {
  const [row] = await ctx.db
    .select({ destination: destinations })
    .from(transfers)
    .innerJoin(destinations, eq(destinations.id, transfers.destinationId))
    .where(eq(transfers.storeJobId, id));
  if (!row) throw new AppError('storage_not_configured');
  return row.destination;
}
