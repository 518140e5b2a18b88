/** The balance of a workspace: what it has paid, without what its billed jobs cost. */
import { eq, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { AppError } from '../errors.ts';
import { costMicrodollars, type Bill } from '../contract/cost.ts';

export interface Balance {
  creditedMicrodollars: number;
  spentMicrodollars: number;
  freeBytesUsed: number;
  /** Bytes of files that running jobs are storing; their cost is kept free. */
  heldBytes: number;
}

/**
 * SQL for the jobs of a workspace that hold bytes. It has the terms of the index `jobs_list_by_status`, so it reads the running
 * imports alone.
 */
export function heldBy(workspaceId: string | SQL): SQL {
  return sql`${jobs} AS held WHERE held.workspace_id = ${workspaceId} AND held.status = 'processing'
    AND held.kind = 'import' AND held.deleted_at IS NULL`;
}

/** The sums of the workspace. */
export async function readBalance(ctx: Ctx, workspaceId: string): Promise<Balance> {
  const [row] = await ctx.db
    .select({
      creditedMicrodollars: workspaces.creditedMicrodollars,
      spentMicrodollars: workspaces.spentMicrodollars,
      freeBytesUsed: workspaces.freeBytesUsed,
      heldBytes: sql<number>`(SELECT coalesce(sum(held.held_bytes), 0) FROM ${heldBy(workspaceId)})`,
    })
    .from(workspaces)
    .where(eq(workspaces.id, workspaceId));
  if (!row) throw new Error(`workspace ${workspaceId} does not exist`);
  return row;
}

/** Bytes that the workspace may still import for nothing. */
export function freeBytesLeft({ config }: Ctx, { freeBytesUsed }: Pick<Balance, 'freeBytesUsed'>): number {
  return Math.max(0, config.FREE_BYTES - freeBytesUsed);
}

/**
 * Selects workspaces that can pay the bill. Undefined when everyone can. The size of an import is not known when its job is made,
 * so its bill is that of one byte: any balance is enough.
 */
export function canPay(ctx: Ctx, bill: Bill): SQL | undefined {
  const required = requiredMicrodollars(ctx, bill);
  if (required === 0) return undefined;
  const balance = sql`${workspaces.creditedMicrodollars} - ${workspaces.spentMicrodollars}`;
  const isFree = sql`${bill.bytes} > 0 AND ${workspaces.freeBytesUsed} + ${bill.bytes} <= ${ctx.config.FREE_BYTES}`;
  return sql`(${isFree} OR ${balance} >= ${required})`;
}

/** Why a job with this bill was refused; null when the balance was not the reason. */
export async function balanceRefusal(
  ctx: Ctx,
  { workspaceId, bill }: { workspaceId: string; bill: Bill },
): Promise<AppError | null> {
  const required = requiredMicrodollars(ctx, bill);
  if (required === 0) return null;
  const balance = await readBalance(ctx, workspaceId);
  if (bill.bytes > 0 && bill.bytes <= freeBytesLeft(ctx, balance)) return null;
  return insufficientBalance(balance, required);
}

/** The least that a job with this bill needs. */
function requiredMicrodollars({ config }: Ctx, { bytes, microdollars }: Bill): number {
  if (config.BILLING === 'off') return 0;
  return bytes > 0 && config.PRICE_PER_MB_USD > 0 ? Math.max(1, microdollars) : microdollars;
}

/** The refusal with what is missing; null when the balance suffices. */
export function insufficientBalance(
  { creditedMicrodollars, spentMicrodollars }: Balance,
  requiredMicrodollars: number,
): AppError | null {
  const balance = creditedMicrodollars - spentMicrodollars;
  const missing = requiredMicrodollars - balance;
  if (missing <= 0) return null;
  return new AppError(
    'insufficient_balance',
    `The balance of the workspace is ${dollars(balance)}. At least ${dollars(missing)} is missing.`,
    { balanceInMicrodollars: balance, missingInMicrodollars: missing },
  );
}

/** What the bytes cost when the free allowance is used first. */
export function costAfterFree(ctx: Ctx, balance: Balance, bytes: number): number {
  const paidBytes = Math.max(0, bytes - freeBytesLeft(ctx, balance));
  return costMicrodollars(paidBytes, ctx.config.PRICE_PER_MB_USD);
}

function dollars(microdollars: number): string {
  return `${microdollars < 0 ? '-' : ''}$${(Math.abs(microdollars) / 1e6).toFixed(6)}`;
}
