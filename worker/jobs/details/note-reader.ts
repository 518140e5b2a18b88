import { and, eq } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { errorText } from '../../error-text.ts';

/** A job that ends within so many milliseconds needs no mark. */
const SHORT_RUN_MS = 3_000;
/** The mark is written once in so many milliseconds, however often the job is read. */
const EVERY_MS = 10_000;

/** Marks a running job as read, so that its progress is written more often. Works in the background, and never throws. */
export function noteReader(ctx: Ctx, { id, status, startedAt, readAt }: JobRow): void {
  const now = ctx.now();
  if (status !== 'processing' || startedAt === null || now - startedAt < SHORT_RUN_MS) return;
  if (readAt !== null && now - readAt < EVERY_MS) return;
  ctx.background(markRead(ctx, id, now));
}

async function markRead(ctx: Ctx, id: string, now: number): Promise<void> {
  try {
    await ctx.db
      .update(jobs)
      .set({ readAt: now })
      .where(and(eq(jobs.id, id), eq(jobs.status, 'processing')));
  } catch (error) {
    ctx.log.error('job.reader_not_noted', { jobId: id, error: errorText(error) });
  }
}
