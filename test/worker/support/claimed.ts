import { mintAttemptToken, type AttemptRef } from '../../../worker/attempts/attempt-token.ts';
import type { Ctx } from '../../../worker/context.ts';
import type { JobStage } from '../../../worker/contract/job.ts';
import type { Heartbeat } from '../../../worker/contract/downloader/report.ts';
import type { JobRow } from '../../../worker/db/rows.ts';
import { makeJob } from './rows.ts';

/** A processing job, its attempt, and the attempt's token. */
export async function makeClaimed(
  ctx: Ctx,
  values: Parameters<typeof makeJob>[1] = {},
): Promise<{ job: JobRow; ref: AttemptRef; token: string }> {
  const job = await makeJob(ctx, { status: 'processing', ...values });
  const ref = refOf(job);
  return { job, ref, token: await mintAttemptToken(ctx, ref) };
}

/** The current attempt of the job. */
export function refOf({ id: jobId, attempt }: JobRow): AttemptRef {
  return { jobId, attempt };
}

/** A heartbeat of slot-0 that reports these attempts. */
export function beatOf(tokens: string[], stage: JobStage = 'downloading'): Heartbeat {
  return {
    slot: 'slot-0',
    capacity: 4,
    versions: { downloader: '1.0.0', ytdlp: null, ffmpeg: '7.1' },
    jobs: tokens.map((token) => ({ token, stage, bytesDone: 10, bytesTotal: 100 })),
  };
}
