import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { LiveAttempt } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { AppError } from '../errors.ts';
import { costAfterFree, heldBy, insufficientBalance, readBalance } from './balance.ts';

/**
 * Keeps the cost of a file free until the end of its import, before the file is stored. Two imports cannot use the same money: one
 * statement compares the balance with all files that are being stored. AppError `insufficient_balance`.
 */
export async function holdCost(ctx: Ctx, { job, attempt }: LiveAttempt, bytes: number): Promise<void> {
  const { BILLING, PRICE_PER_MB_USD } = ctx.config;
  if (BILLING === 'off' || PRICE_PER_MB_USD === 0) return;
  const isLive = and(eq(jobs.id, job.id), eq(jobs.attempt, attempt), eq(jobs.status, 'processing'));
  const [held] = await ctx.db
    .update(jobs)
    .set({ heldBytes: bytes })
    .where(and(isLive, isPayable(ctx, job, bytes)))
    .returning({ id: jobs.id });
  // The fence of the upload refuses an attempt that has ended.
  if (held || (await ctx.db.$count(jobs, isLive)) === 0) return;
  const balance = await readBalance(ctx, job.workspaceId);
  const required = costAfterFree(ctx, balance, balance.heldBytes + bytes);
  throw insufficientBalance(balance, required) ?? new AppError('insufficient_balance');
}

/**
 * Each cost is rounded for itself, so the sum of several can exceed the rounded cost of their sum: by less than a microdollar for
 * each further file, which is added.
 */
function isPayable({ config }: Ctx, { id, workspaceId }: LiveAttempt['job'], bytes: number): SQL {
  const others = sql`FROM ${heldBy(workspaceId)} AND held.id <> ${id} AND held.held_bytes IS NOT NULL`;
  const freeBytes = sql`max(0, ${config.FREE_BYTES} - ${workspaces.freeBytesUsed})`;
  const paidBytes = sql`(${bytes} + (SELECT coalesce(sum(held.held_bytes), 0) ${others}) - ${freeBytes})`;
  const cost = sql`round(${paidBytes} * ${config.PRICE_PER_MB_USD}) + (SELECT count(*) ${others})`;
  const balance = sql`${workspaces.creditedMicrodollars} - ${workspaces.spentMicrodollars}`;
  return sql`EXISTS (SELECT 1 FROM ${workspaces} WHERE ${workspaces.id} = ${workspaceId}
    AND (${paidBytes} <= 0 OR ${cost} <= ${balance}))`;
}
