import { sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { JobRow } from '../db/rows.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import type { Bill } from '../contract/cost.ts';

/** What a workspace pays for a job, as values or as SQL for the batch that ends the job. */
export interface Charge {
  /** The bytes that the free allowance covers. */
  freeBytes: number | SQL<number>;
  /** The cost of the others. */
  microdollars: number | SQL<number>;
  isBilled: boolean;
}

/**
 * Takes the free allowance from the bill of a job. The batch reads what is left of it, so that parallel jobs do not use the same
 * bytes. While BILLING is off, there is no allowance: the whole cost is shown, and nobody pays.
 */
export function chargeOf({ config }: Ctx, { workspaceId }: JobRow, bill: Bill): Charge {
  const isBilled = config.BILLING === 'on';
  if (!isBilled || bill.bytes === 0) return { freeBytes: 0, microdollars: bill.microdollars, isBilled };
  const freeBytes = sql<number>`(SELECT min(${bill.bytes}, max(0, ${config.FREE_BYTES} - free_bytes_used))
    FROM ${workspaces} WHERE id = ${workspaceId})`;
  const freeMicrodollars = sql`CAST(round(${freeBytes} * ${config.PRICE_PER_MB_USD}) AS INTEGER)`;
  return {
    freeBytes,
    microdollars: sql<number>`max(0, ${bill.microdollars} - ${freeMicrodollars})`,
    isBilled,
  };
}
