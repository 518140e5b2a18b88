/** Ends an attempt that takes too long, or whose source sends nothing or too little. */
import type { JobLimits } from '../../worker/contract/downloader/command.ts';
import type { JobStage } from '../../worker/contract/job.ts';
import type { Progress } from '../job-context.ts';
import { JobFailure } from '../job-failure.ts';
import { createRateWindow } from './rate-window.ts';

/** Milliseconds between checks of the counters; a stall is noticed up to that much late. */
const LOOK_EVERY_MS = 1000;
/** The largest delay of a timer in Node, in milliseconds (2^31 − 1). */
const MAX_TIMER_MS = 2_147_483_647;
/** Stages in which the source must send. Merging and verifying are our own work, and uploads have their own limits. */
const SOURCE_STAGES: ReadonlySet<JobStage> = new Set(['resolving', 'downloading']);

export interface JobWatch {
  signal: AbortSignal;
  /** Ends the attempt. The reason of the signal is the first `failure`. */
  end: (failure: JobFailure) => void;
  /** Resets the stall clock: the attempt waits for the storage or the Worker, not for the source. */
  touch: () => void;
  /**
   * Tells how large the folder of the attempt is now. From then on, what was written there counts, and not what came in:
   * a source can send headers and interim answers without end.
   */
  holds: (folderBytes: number) => void;
  stop: () => void;
}

/** Starts the clocks. Ends with `job_timeout` or `source_stalled`. */
export function watchJob(limits: JobLimits, progress: Progress): JobWatch {
  const controller = new AbortController();
  const { stallSeconds, minBytesPerSecond = 0, minRateSeconds = 1 } = limits;
  const rate = createRateWindow(minRateSeconds);
  let seen = '';
  let movedAtMs = performance.now();
  let isTouched = false;
  const folder = { bytes: 0, writtenBytes: 0, isSeen: false };
  const end = (failure: JobFailure) => controller.abort(failure);
  const touch = () => {
    movedAtMs = performance.now();
    isTouched = true;
  };
  const holds = (bytes: number) => {
    folder.writtenBytes += Math.max(0, bytes - folder.bytes);
    folder.bytes = bytes;
    folder.isSeen = true;
  };
  const look = () => {
    const now = `${progress.stage} ${progress.bytesDone}`;
    const done = folder.isSeen ? folder.writtenBytes : progress.bytesDone;
    // The storage held the source back, or the stage does not read from the source.
    if (isTouched || progress.stage !== 'downloading') rate.skipTo(done);
    else rate.add(done);
    isTouched = false;
    if (now !== seen || !SOURCE_STAGES.has(progress.stage)) movedAtMs = performance.now();
    seen = now;
    if (performance.now() - movedAtMs >= stallSeconds * 1000) {
      end(new JobFailure('source_stalled', `no byte for ${stallSeconds} s`));
    }
    const bytesPerSecond = rate.bytesPerSecond();
    if (bytesPerSecond !== null && bytesPerSecond < minBytesPerSecond) {
      const found = `${Math.round(bytesPerSecond)} bytes a second over ${minRateSeconds} s`;
      end(new JobFailure('source_stalled', `${found}; at least ${minBytesPerSecond} are required`));
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
  return { signal: controller.signal, end, touch, holds, stop };
}
