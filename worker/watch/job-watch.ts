/** Looks at one job once a second, for everyone who watches it. */
import type { Ctx } from '../context.ts';
import { findLiveKeyIds } from '../auth/keys/live-key.ts';
import type { ImportView } from '../contract/api/import-view.ts';
import { isTerminal } from '../contract/job.ts';
import type { JobRow } from '../db/rows.ts';
import { errorText } from '../error-text.ts';
import { findJob } from '../attempts/live-attempt.ts';
import { readDetails } from '../jobs/details/get-job.ts';
import { noteReader } from '../jobs/details/note-reader.ts';
import { toImportView } from '../views/import-view.ts';
import { nextSpeed, type Speed } from './speed.ts';

/** Milliseconds between two looks. */
const INTERVAL_MS = 1000;
/** After how many looks something that changes rarely is read again. */
const LOOKS_PER_KEY_CHECK = 5;
const LOOKS_PER_SILENCE_CHECK = 15;

const NO_RESULT = { artifact: null, placement: null, destination: null, failedPlacement: null, places: null };

/** The job at one time. */
export interface Look {
  job: JobRow;
  view: ImportView;
  bytesPerSecond: number | null;
}

/** Someone who watches the job. */
export interface Watcher {
  /** The API key that must stay in force. */
  keyId: string;
  /** Takes a look; false when it needs no other. */
  see: (look: Look) => boolean;
  /** Ends without another look. */
  close: () => void;
}

/**
 * All watchers of a job share its looks: the database is read once or twice a second, however many there are. It runs only
 * while someone watches.
 */
export class JobWatch {
  readonly #ctx: Ctx;
  readonly #jobId: string;
  readonly #watchers = new Set<Watcher>();
  readonly #intervalMs: number;
  #latest: Look | null = null;
  #latestMs = 0;
  #looks = 0;
  #speed: Speed | null = null;
  #noDownloaderSince: number | null = null;
  #isRunning = false;

  constructor(ctx: Ctx, { jobId, intervalMs = INTERVAL_MS }: { jobId: string; intervalMs?: number }) {
    this.#ctx = ctx;
    this.#jobId = jobId;
    this.#intervalMs = intervalMs;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Adds a watcher. It sees the latest look at once if that is fresh, else the next one. */
  add(watcher: Watcher): void {
    if (this.#latest && this.#isFresh() && !watcher.see(this.#latest)) return;
    this.#watchers.add(watcher);
    if (!this.#isRunning) void this.#run();
  }

  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  #isFresh(): boolean {
    return Date.now() - this.#latestMs < this.#intervalMs;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#watchers.size > 0) {
      const untilNextMs = this.#latestMs + this.#intervalMs - Date.now();
      if (untilNextMs > 0) await new Promise((resolve) => setTimeout(resolve, untilNextMs));
      await this.#step();
    }
    this.#isRunning = false;
  }

  /** A database that does not answer is asked again. */
  async #step(): Promise<void> {
    this.#latestMs = Date.now();
    try {
      if (this.#looks++ % LOOKS_PER_KEY_CHECK === LOOKS_PER_KEY_CHECK - 1) await this.#closeRevoked();
      this.#latest = await this.#look();
    } catch (error) {
      this.#ctx.log.error('watch.look_failed', { jobId: this.#jobId, error: errorText(error) });
      return;
    }
    for (const watcher of this.#watchers) {
      if (!this.#show(watcher, this.#latest)) this.#watchers.delete(watcher);
    }
  }

  /** Whether the watcher needs another look. One that fails, such as a stream that broke off, does not stop the others. */
  #show(watcher: Watcher, look: Look | null): boolean {
    try {
      if (look) return watcher.see(look);
      watcher.close();
    } catch (error) {
      this.#ctx.log.error('watch.watcher_failed', { jobId: this.#jobId, error: errorText(error) });
    }
    return false;
  }

  /** Null when the job was deleted. */
  async #look(): Promise<Look | null> {
    const job = await findJob(this.#ctx, this.#jobId);
    if (!job || job.deletedAt !== null) return null;
    noteReader(this.#ctx, job);
    this.#speed = nextSpeed(this.#speed, job, Date.now());
    const { bytesPerSecond } = this.#speed;
    return { job, bytesPerSecond, view: await this.#view(job) };
  }

  async #view(job: JobRow): Promise<ImportView> {
    const hasEnded = isTerminal(job.status);
    const asksForDownloaders = job.status === 'queued' && this.#looks % LOOKS_PER_SILENCE_CHECK === 1;
    if (!hasEnded && !asksForDownloaders)
      return toImportView(this.#ctx, { ...NO_RESULT, job, noDownloaderSince: this.#noDownloaderSince });
    const details = await readDetails(this.#ctx, job);
    this.#noDownloaderSince = details.noDownloaderSince;
    return toImportView(this.#ctx, details);
  }

  async #closeRevoked(): Promise<void> {
    const ids = new Set([...this.#watchers].map(({ keyId }) => keyId));
    const live = await findLiveKeyIds(this.#ctx, [...ids]);
    for (const watcher of this.#watchers) {
      if (live.has(watcher.keyId)) continue;
      watcher.close();
      this.#watchers.delete(watcher);
    }
  }
}
