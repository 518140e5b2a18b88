import type { Ctx } from '../context.ts';
import type { Diagnosis } from '../contract/api/diagnostics.ts';
import type { HealthAnswer } from '../contract/downloader/command.ts';
import { errorText } from '../error-text.ts';

/** A larger difference is reported, in milliseconds: signatures of dispatches are good for five minutes. */
const MAX_CLOCK_OFFSET_MS = 60_000;

const UNKNOWN = {
  coldStart: null,
  clockOffsetMs: null,
  draining: null,
  capacity: null,
  runningJobs: null,
  versions: null,
  confinement: null,
} as const;

/** Asks the downloader of a slot for its health; a container that sleeps is started by the question. Never throws. */
export async function diagnoseDownloader(ctx: Ctx, slot: string): Promise<Diagnosis['downloader']> {
  const askedAt = ctx.now();
  try {
    return describe(await ctx.downloader.health(slot), askedAt, ctx.now());
  } catch (error) {
    ctx.log.error('diagnostics.failed', { part: 'downloader', slot, error: errorText(error) });
    const problem =
      'No downloader answered. Check that its container or the process behind DOWNLOADER_URL runs.';
    return { ok: false, problem, answerMs: ctx.now() - askedAt, ...UNKNOWN };
  }
}

function describe(health: HealthAnswer, askedAt: number, answeredAt: number): Diagnosis['downloader'] {
  const answerMs = answeredAt - askedAt;
  const { time, uptimeMs, draining, capacity, jobs, versions } = health;
  // The downloader read its clock between the two; halfway is the best guess.
  const clockOffsetMs = time === undefined ? null : Math.round(time - (askedAt + answeredAt) / 2);
  const problem = problemOf(clockOffsetMs, draining);
  return {
    ok: problem === null,
    problem,
    answerMs,
    coldStart: uptimeMs === undefined ? null : uptimeMs < answerMs,
    clockOffsetMs,
    draining,
    capacity,
    runningJobs: jobs.length,
    versions,
    confinement: health.confinement ?? null,
  };
}

function problemOf(clockOffsetMs: number | null, draining: boolean): string | null {
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) > MAX_CLOCK_OFFSET_MS) {
    const seconds = Math.round(Math.abs(clockOffsetMs) / 1000);
    const direction = clockOffsetMs > 0 ? 'ahead of' : 'behind';
    return `The clock of the downloader is ${seconds} s ${direction} the clock of the Worker. Synchronize it.`;
  }
  return draining ? 'The downloader is shutting down and takes no jobs.' : null;
}
