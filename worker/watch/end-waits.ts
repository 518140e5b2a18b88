/** The requests that wait for the end of one job. They are told about it: nobody asks the database again and again. */
import { findJob } from '../attempts/live-attempt.ts';
import type { Ctx } from '../context.ts';
import { isTerminal } from '../contract/job.ts';
import { markWaited } from '../jobs/details/mark-waited.ts';

/** The clocks of the isolates differ by less, in milliseconds. */
const CLOCK_TOLERANCE_MS = 5_000;

export class EndWaits {
  readonly #waiting = new Set<() => void>();

  /** How many requests wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether the job ends within this time. False when there is no such job. */
  async wait(ctx: Ctx, { jobId, waitMs }: { jobId: string; waitMs: number }): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const tell = () => resolve(true);
    const timer = setTimeout(() => resolve(false), waitMs);
    // Before the job is marked: its end may be told in that moment.
    this.#waiting.add(tell);
    try {
      const isRunning = await markWaited(ctx, jobId, ctx.now() + waitMs + CLOCK_TOLERANCE_MS);
      const isTold = isRunning && (await promise);
      // A Worker that died after the end told nobody.
      return isTold || (await hasEnded(ctx, jobId));
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(tell);
    }
  }

  /** The job has ended. */
  tell(): void {
    for (const tell of this.#waiting) tell();
  }
}

async function hasEnded(ctx: Ctx, jobId: string): Promise<boolean> {
  const job = await findJob(ctx, jobId);
  return job !== undefined && job.deletedAt === null && isTerminal(job.status);
}
