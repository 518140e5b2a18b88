/** The attempts that this process runs: starts, lists and ends them. */
import { EXTRA_PLACES } from '../../worker/contract/downloader/extra-places.ts';
import { SIGNATURE_TOLERANCE_SECONDS } from '../../worker/contract/downloader/signature.ts';
import type { Command, HealthAnswer } from '../../worker/contract/downloader/command.ts';
import type { Failure } from '../../worker/contract/failure.ts';
import { JobFailure } from '../job-failure.ts';
import { watchJob, type JobWatch } from './job-watch.ts';
import { measureRun, type RunMeasures } from './measure-run.ts';

/**
 * Milliseconds for which an ended attempt is remembered: nobody can start it again with a copy of its dispatch. A signature
 * may be from a clock that is ahead, so it is valid for up to twice the tolerance.
 */
const REMEMBERED_MS = 2 * SIGNATURE_TOLERANCE_SECONDS * 1000;
/** Milliseconds without new attempts after one of them found the disk full, and its end did not make room. */
const DISK_FULL_REST_MS = 60_000;
const NEVER = new Promise<void>(() => undefined);

/** One attempt from its acceptance until its final report was answered. */
export interface RunningJob extends RunMeasures {
  command: Command;
  watch: JobWatch;
  /** `performance.now()` of the last answered heartbeat, or of the acceptance. */
  leaseSeenAtMs: number;
  /** Whether the call that ends it is under way: the Worker may give its place away before its answer arrives here. */
  isEnding: boolean;
}

export type Acceptance = 'accepted' | 'full' | 'draining' | 'duplicate';

export interface RegistryOptions {
  /** Attempts that may run at once, without the extra place, about which the Worker decides. */
  capacity: number;
  /** Runs the attempt and reports its end; never throws. Returns the failure, if any. */
  run: (job: RunningJob) => Promise<Failure | null>;
  /** Whether the disk has room for more files. */
  hasDiskRoom: () => Promise<boolean>;
  /** Called when an attempt was accepted: its first heartbeat is due. */
  onAccepted: () => void;
}

export class JobRegistry {
  draining = false;
  #options: RegistryOptions;
  #jobs = new Map<RunningJob, Promise<void>>();
  /** Resolves at the end of the current rest; null while there is none. */
  #rest: Promise<void> | null = null;
  /** The last attempt of each job that ended here, the oldest end first. */
  #ended = new Map<string, { attempt: number; untilMs: number }>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** How many attempts may run now. During a rest, no further one may start. */
  get capacity(): number {
    return this.#rest ? this.#jobs.size : this.#options.capacity;
  }

  /** During a rest, the places of jobs that end stay free as well. */
  get #places(): number {
    return this.#rest ? 0 : this.#options.capacity + EXTRA_PLACES;
  }

  /** Whether a further attempt may start as soon as a running one has ended. */
  get takesMore(): boolean {
    return !this.draining && this.#rest === null;
  }

  running(): RunningJob[] {
    return [...this.#jobs.keys()];
  }

  list(): HealthAnswer['jobs'] {
    return this.running().map(({ command: { jobId, attempt } }) => ({ jobId, attempt }));
  }

  /**
   * Starts the attempt if there is capacity. A newer attempt of a job ends the older one, which is stale. `duplicate`: it
   * runs here, or has ended here. The places of `ending` and of those whose last call is under way are free.
   */
  accept(command: Command, ending?: RunningJob): Acceptance {
    if (command.attempt <= this.#lastEnded(command.jobId)) return 'duplicate';
    const running = this.running();
    const others = running.filter((job) => job.command.jobId === command.jobId);
    if (others.some((job) => job.command.attempt >= command.attempt)) return 'duplicate';
    if (this.draining) return 'draining';
    const staying = running.filter((job) => !others.includes(job) && !job.isEnding && job !== ending);
    if (staying.length >= this.#places) return 'full';
    for (const older of others) older.watch.end(new JobFailure('stale'));
    const measures = measureRun();
    const watch = watchJob(command.limits, measures.progress);
    const job: RunningJob = {
      ...measures,
      command,
      watch,
      leaseSeenAtMs: performance.now(),
      isEnding: false,
    };
    const done = this.#run(job);
    this.#jobs.set(job, done);
    this.#options.onAccepted();
    return 'accepted';
  }

  async #run(job: RunningJob): Promise<void> {
    const failure = await this.#options.run(job);
    job.watch.stop();
    const isDiskFull = failure?.code === 'downloader_disk_full' && !(await this.#hasDiskRoom());
    this.#jobs.delete(job);
    this.#remember(job.command);
    if (isDiskFull) this.#startRest();
  }

  /** A later attempt of the same job may have ended earlier. */
  #remember({ jobId, attempt }: Command): void {
    const last = Math.max(attempt, this.#lastEnded(jobId));
    this.#ended.delete(jobId);
    this.#ended.set(jobId, { attempt: last, untilMs: performance.now() + REMEMBERED_MS });
  }

  /** The number of the last attempt of this job that ended here; 0 when none is remembered. */
  #lastEnded(jobId: string): number {
    for (const [id, { untilMs }] of this.#ended) {
      if (untilMs > performance.now()) break;
      this.#ended.delete(id);
    }
    return this.#ended.get(jobId)?.attempt ?? 0;
  }

  async #hasDiskRoom(): Promise<boolean> {
    return this.#options.hasDiskRoom().catch(() => false);
  }

  /** Another downloader can take the next attempt meanwhile, and running jobs free disk space. */
  #startRest(): void {
    const rest = new Promise<void>((resolve) => void setTimeout(resolve, DISK_FULL_REST_MS).unref()).then(
      () => {
        if (this.#rest === rest) this.#rest = null;
      },
    );
    this.#rest = rest;
  }

  /** Resolves when there is room for one more attempt. */
  async untilRoom(): Promise<void> {
    while (this.#jobs.size >= this.#places) await Promise.race([...this.#jobs.values(), this.#rest ?? NEVER]);
  }

  /** Ends every attempt of the job with `canceled`; false when none runs here. */
  cancel(jobId: string): boolean {
    const jobs = this.running().filter(({ command }) => command.jobId === jobId);
    for (const { watch } of jobs) watch.end(new JobFailure('canceled'));
    return jobs.length > 0;
  }

  /** Refuses new attempts, hands back the running ones, and waits until all of them have ended and were reported. */
  async drain(): Promise<void> {
    this.draining = true;
    for (const { watch } of this.running()) watch.end(new JobFailure('downloader_draining'));
    await Promise.allSettled(this.#jobs.values());
  }
}
