/** What this isolate knows about attempts that it has just handed over, so that their first file needs no read. */
import type { AttemptRef } from '../../attempts/attempt-token.ts';
import { ShortMemory } from '../../attempts/short-memory.ts';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { readAttemptFiles, type AttemptFiles } from './attempt-files.ts';

/** A downloader announces a file that it has been waiting for within moments, in milliseconds. */
const KEPT_MS = 5_000;
const MAX_KEPT = 100;

const kept = new ShortMemory<AttemptFiles>(MAX_KEPT);

/** Keeps the job as its claim has returned it. Its attempt has no file yet. The settings of a destination are read when its upload begins: they may have changed. */
export function keepHandedOver(ctx: Ctx, job: JobRow): void {
  const nowMs = ctx.now();
  const found = { job, files: [], uploads: [], destinations: [] };
  kept.keep(keyOf({ jobId: job.id, attempt: job.attempt }), found, { nowMs, untilMs: nowMs + KEPT_MS });
}

/**
 * Everything about the files of an attempt, which may be some moments old. For callers whose statements write only while the attempt is live,
 * and only the first upload of a file. The second call for an attempt reads.
 */
export async function recentAttemptFiles(ctx: Ctx, ref: AttemptRef): Promise<AttemptFiles> {
  return kept.take(keyOf(ref), ctx.now()) ?? readAttemptFiles(ctx, ref);
}

function keyOf({ jobId, attempt }: AttemptRef): string {
  return `${jobId} ${attempt}`;
}
