/** What the parts of the downloader know about the attempt that they work for. */
import type { MediaChoice } from '../worker/contract/choice/media-choice.ts';
import type { Command } from '../worker/contract/downloader/command.ts';
import type { JobStage } from '../worker/contract/job.ts';
import type { Budget } from './budget/budget.ts';

/** The attempt's counters, read by the heartbeat. Setting `bytesDone` is progress: the stall timer looks at it. */
export interface Progress {
  stage: JobStage;
  bytesDone: number;
  bytesTotal: number | null;
}

/** Bytes of files, without headers. A file that is read or sent again counts again. */
export interface Traffic {
  /** Received from the source, or from the stored copy. */
  bytesIn: number;
  /** Taken by a storage. */
  bytesOut: number;
}

export interface JobContext {
  command: Command;
  /** Aborts on cancel, stale, deadline, stall and shutdown; its reason is the JobFailure to report. */
  signal: AbortSignal;
  progress: Progress;
  traffic: Traffic;
  /** Resets the stall clock while the attempt waits for something other than its source. */
  touch: () => void;
  budget: Budget;
  /** The job's private folder (mode 0700), made at the first call and removed with everything in it when the job ends. */
  directory: () => Promise<string>;
}

/** What the job asks of its media; nothing for kinds of job that do not ask. */
export function choiceOf({ command }: Pick<JobContext, 'command'>): MediaChoice {
  return 'choice' in command ? (command.choice ?? {}) : {};
}
