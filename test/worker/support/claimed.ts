import { mintAttemptToken } from '../../../worker/attempts/attempt-token.ts';
import type { Ctx } from '../../../worker/context.ts';
import type { JobStage } from '../../../worker/contract/job.ts';
import type { Heartbeat } from '../../../worker/contract/downloader/report.ts';
import type { JobRow } from '../../../worker/db/rows.ts';
import { makeJob } from './rows.ts';

/** A processing job with the token of its attempt. */
export async function makeClaimed(
  ctx: Ctx,
  values: Parameters<typeof makeJob>[1] = {},
): Promise<{ job: JobRow; token: string }> {
  const job = await makeJob(ctx, { status: 'processing', ...values });
  return { job, token: await mintAttemptToken(ctx, { jobId: job.id, attempt: job.attempt }) };
}

/** A heartbeat of slot-0 for these tokens. */
export function beatOf(tokens: string[], stage: JobStage = 'downloading'): Heartbeat {
  return {
    slot: 'slot-0',
    capacity: 4,
    versions: { downloader: '1.0.0', ytdlp: null, ffmpeg: '7.1' },
    jobs: tokens.map((token) => ({ token, stage, bytesDone: 10, bytesTotal: 100 })),
  };
}
