/** The attempts that this process runs: starts, lists and ends them. */
import type { Command, HealthAnswer } from '../../worker/contract/downloader/command.ts';
import type { Failure } from '../../worker/contract/failure.ts';
import { JobFailure } from '../job-failure.ts';
import { watchJob, type JobWatch } from './job-watch.ts';
import { measureRun, type RunMeasures } from './measure-run.ts';

/** Milliseconds without new attempts after one of them found the disk full. */
const DISK_FULL_REST_MS = 60_000;
const NEVER = new Promise<void>(() => undefined);

/** One attempt from its acceptance until its final report was answered. */
export interface RunningJob extends RunMeasures {
  command: Command;
  watch: JobWatch;
  /** `performance.now()` of the last answered heartbeat, or of the acceptance. */
  leaseSeenAtMs: number;
}

export type Acceptance = 'accepted' | 'full' | 'draining' | 'duplicate';

export interface RegistryOptions {
  capacity: number;
  /** Runs the attempt and reports its end; never throws. Returns the failure, if any. */
  run: (job: RunningJob) => Promise<Failure | null>;
  /** Called when an attempt was accepted: its first heartbeat is due. */
  onAccepted: () => void;
}

export class JobRegistry {
  draining = false;
  #options: RegistryOptions;
  #jobs = new Map<RunningJob, Promise<void>>();
  /** Resolves at the end of the current rest; null while there is none. */
  #rest: Promise<void> | null = null;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** How many attempts may run now. During a rest, no further one may start. */
  get capacity(): number {
    return this.#rest ? this.#jobs.size : this.#options.capacity;
  }

  running(): RunningJob[] {
    return [...this.#jobs.keys()];
  }

  list(): HealthAnswer['jobs'] {
    return this.running().map(({ command: { jobId, attempt } }) => ({ jobId, attempt }));
  }

  /** Starts the attempt if there is capacity. A newer attempt of a job ends the older one, which is stale. */
  accept(command: Command): Acceptance {
    const others = this.running().filter((job) => job.command.jobId === command.jobId);
    if (others.some((job) => job.command.attempt >= command.attempt)) return 'duplicate';
    if (this.draining) return 'draining';
    if (this.#jobs.size - others.length >= this.capacity) return 'full';
    for (const older of others) older.watch.end(new JobFailure('stale'));
    const measures = measureRun();
    const watch = watchJob(command.limits, measures.progress);
    const job: RunningJob = { ...measures, command, watch, leaseSeenAtMs: performance.now() };
    const done = this.#run(job);
    this.#jobs.set(job, done);
    this.#options.onAccepted();
    return 'accepted';
  }

  async #run(job: RunningJob): Promise<void> {
    const failure = await this.#options.run(job);
    job.watch.stop();
    this.#jobs.delete(job);
    if (failure?.code === 'downloader_disk_full') this.#startRest();
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
    while (this.#jobs.size >= this.capacity)
      await Promise.race([...this.#jobs.values(), this.#rest ?? NEVER]);
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
