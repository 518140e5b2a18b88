/**
 * Jobs whose attempts end together with their downloader, or for lack of memory. After two such crashes a job runs alone,
 * since every crash costs all jobs of the slot an attempt. If it crashes alone too, it is known to be the cause. Pure.
 */
import type { AttemptOutcome } from '../../contract/job.ts';
import type { Failure } from '../../contract/failure.ts';
import type { JobRow } from '../../db/rows.ts';

/** An attempt that ran beside the cause of a crash counts as well, so one crash proves nothing. */
const CRASHES_IN_COMPANY = 2;

/** `runAfter` of a job that runs alone: the latest time that JavaScript knows, so it is never due in the common queue. */
export const NEVER = 8_640_000_000_000_000;

/** Whether the end of an attempt is a crash. An expired lease means that the downloader was lost while it ran the job. */
export function isCrash({ outcome, failure }: { outcome: AttemptOutcome; failure?: Failure }): boolean {
  return outcome === 'expired' || failure?.code === 'downloader_out_of_memory';
}

/** Whether the job is claimed only for a slot in which nothing else runs, or runs in such a slot. */
export function runsAlone({ runAfter }: Pick<JobRow, 'runAfter'>): boolean {
  return runAfter === NEVER;
}

/** The failure of a job that crashed while nothing else ran in its slot; otherwise the given one. */
export function blameJob(job: JobRow, end: { outcome: AttemptOutcome; failure: Failure }): Failure {
  return runsAlone(job) && isCrash(end) ? { code: 'source_crashes_downloader' } : end.failure;
}

/** When a job is due, and in which queue. */
export type DueTimes = Pick<JobRow, 'runAfter' | 'aloneAfter'>;

/** Where a job waits: in the common queue, or for a slot of its own. */
export type QueuePlace = DueTimes & Pick<JobRow, 'crashes'>;

/** The place of a job that has crashed so often and is due at `dueAt`, in unix milliseconds. */
export function queuePlace(crashes: number, dueAt: number): QueuePlace {
  return crashes < CRASHES_IN_COMPANY
    ? { crashes, runAfter: dueAt, aloneAfter: null }
    : { crashes, runAfter: NEVER, aloneAfter: dueAt };
}

/** When a queued job is due, in unix milliseconds. */
export function dueAt({ runAfter, aloneAfter }: DueTimes): number {
  return runAfter === NEVER ? (aloneAfter ?? 0) : runAfter;
}

/** The same queue as before, at a later time: a job that runs alone must not get into the common one. */
export function delayed({ runAfter, aloneAfter }: DueTimes, dueAgain: number): DueTimes {
  return runsAlone({ runAfter }) ? { runAfter, aloneAfter: dueAgain } : { runAfter: dueAgain, aloneAfter };
}
