/** Whether a workspace may start many imports at once. The limits are those of single imports, for all of them together. */
import { and, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Bill } from '../../contract/cost.ts';
import { balanceRefusal, canPay } from '../../usage/balance.ts';
import { concurrencyRefusal, hasFreePlaces } from '../concurrency-limit.ts';
import { kindOf } from '../kinds/kinds.ts';
import { hasQueueRoom } from '../queue-limit.ts';

interface Imports {
  workspaceId: string;
  count: number;
}

/** Selects the row of the workspace while it may start so many imports more. */
export function mayAddImports(ctx: Ctx, { workspaceId, count }: Imports): SQL | undefined {
  return and(
    hasQueueRoom(ctx, workspaceId, count),
    hasFreePlaces(ctx, { counted: 'imports', count }),
    canPay(ctx, smallestBill(ctx)),
  );
}

/** Why it may not. */
export async function importsRefusal(ctx: Ctx, { workspaceId, count }: Imports): Promise<AppError> {
  const { MAX_QUEUED_JOBS } = ctx.config;
  return (
    (await balanceRefusal(ctx, { workspaceId, bill: smallestBill(ctx) })) ??
    (await concurrencyRefusal(ctx, workspaceId, { counted: 'imports', count })) ??
    new AppError(
      'queue_full',
      `With these ${count} imports, more than ${MAX_QUEUED_JOBS} jobs of this workspace would wait, which is the limit.`,
    )
  );
}

/** The sizes are not known before the sources are read. */
function smallestBill({ config }: Ctx): Bill {
  return kindOf({ kind: 'import' }).bill(config, 1);
}
