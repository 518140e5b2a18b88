/** Ends an attempt that takes too long or whose source has stopped sending. */
import type { JobLimits } from '../../worker/contract/downloader/command.ts';
import type { JobStage } from '../../worker/contract/job.ts';
import type { Progress } from '../job-context.ts';
import { JobFailure } from '../job-failure.ts';

/** Milliseconds between looks at the counters; a stall is noticed that much late. */
const LOOK_EVERY_MS = 1000;
/** The largest delay of a timer in Node, in milliseconds (2^31 − 1). */
const MAX_TIMER_MS = 2_147_483_647;
/** Stages in which the source must move; merging and verifying are our own work, and uploads have their own limits. */
const SOURCE_STAGES: ReadonlySet<JobStage> = new Set(['resolving', 'downloading']);

export interface JobWatch {
  signal: AbortSignal;
  /** Ends the attempt; its signal's reason is `failure`. The first one counts. */
  end: (failure: JobFailure) => void;
  /** Says that work goes on although no byte has come: the storage takes its time. */
  touch: () => void;
  stop: () => void;
}

/** Starts both clocks. Ends with `job_timeout` or `source_stalled`. */
export function watchJob(limits: JobLimits, progress: Progress): JobWatch {
  const controller = new AbortController();
  let seen = '';
  let movedAtMs = performance.now();
  const end = (failure: JobFailure) => controller.abort(failure);
  const touch = () => {
    movedAtMs = performance.now();
  };
  const look = () => {
    const now = `${progress.stage} ${progress.bytesDone}`;
    if (now !== seen || !SOURCE_STAGES.has(progress.stage)) touch();
    seen = now;
    const idleSeconds = (performance.now() - movedAtMs) / 1000;
    if (idleSeconds >= limits.stallSeconds) {
      end(new JobFailure('source_stalled', `no byte for ${limits.stallSeconds} s`));
    }
  };
  const interval = setInterval(look, LOOK_EVERY_MS);
  const deadline = setTimeout(
    () => end(new JobFailure('job_timeout', `${limits.timeoutSeconds} s`)),
    Math.min(limits.timeoutSeconds * 1000, MAX_TIMER_MS),
  );
  const stop = () => {
    clearInterval(interval);
    clearTimeout(deadline);
  };
  return { signal: controller.signal, end, touch, stop };
}
