/** Workspaces with money, and jobs that end, for tests of bills. */
import type { TerminalStatus } from '../../../worker/contract/job.ts';
import type { JobRow } from '../../../worker/db/rows.ts';
import { credits } from '../../../worker/db/tables/ledger.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { refOf } from '../support/claimed.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { makeJob, makePlacement } from '../support/rows.ts';

/** A service that bills: 3 microdollars for 1000 bytes. */
export function billingCtx(
  config: Partial<TestCtx['config']> = {},
  overrides: Partial<TestCtx> = {},
): TestCtx {
  const ctx = makeCtx(overrides);
  ctx.config = { ...ctx.config, BILLING: 'on', FREE_BYTES: 0, PRICE_PER_MB_USD: 0.003, ...config };
  return ctx;
}

/** A payment. */
export async function addCredit(ctx: TestCtx, workspaceId: string, microdollars: number): Promise<void> {
  await ctx.db.insert(credits).values({ id: ctx.newId(), workspaceId, microdollars, createdAt: ctx.now() });
}

/** Runs a new job to this end. A completed one has stored `bytes`. */
export async function endJob(
  ctx: TestCtx,
  values: Parameters<typeof makeJob>[1],
  { status, bytes = 1000 }: { status: TerminalStatus; bytes?: number },
): Promise<JobRow> {
  const job = await makeJob(ctx, { ...values, status: status === 'canceled' ? 'queued' : 'processing' });
  if (status === 'canceled') await cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
  if (status === 'failed')
    await failJob(ctx, { ref: refOf(job), report: { failure: { code: 'source_not_found' }, source: null } });
  if (status === 'completed') {
    await makePlacement(ctx, job, {}, bytes);
    await completeJob(ctx, { ref: refOf(job), report: { warnings: [] } });
  }
  return job;
}
