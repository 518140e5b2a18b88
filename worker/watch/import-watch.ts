/**
 * A Durable Object for each watched job, so that all its watchers share one reader of the database, wherever they are. The
 * platform loads this file when the Worker starts, so everything else is imported where it is used.
 */
import { DurableObject } from 'cloudflare:workers';
import type { Ctx } from '../context.ts';
import type { Env } from '../env.ts';
import type { EndWaits } from './end-waits.ts';
import type { JobWatch } from './job-watch.ts';

/** Streams of one job at a time. */
const MAX_STREAMS = 1000;

export interface StreamOrder {
  jobId: string;
  keyId: string;
  lastEventId: string | null;
}

export class ImportWatch extends DurableObject<Env> {
  /** The context with the database of the job; the entry module sets it. */
  static loadCtx: (env: Env, jobId: string) => Promise<Ctx>;

  #watch: JobWatch | undefined;
  #waits: EndWaits | undefined;

  /** How many streams and waiting requests there are. */
  get watchers(): number {
    return (this.#watch?.watchers ?? 0) + (this.#waits?.size ?? 0);
  }

  /** The events of the job; null when too many clients watch it. */
  async stream({ jobId, keyId, lastEventId }: StreamOrder): Promise<ReadableStream<Uint8Array> | null> {
    const watch = await this.#start(jobId);
    if (watch.watchers >= MAX_STREAMS) return null;
    const { EventStream } = await import('./event-stream.ts');
    const stream = new EventStream({ keyId, lastEventId, onGone: () => watch.remove(stream) });
    watch.add(stream);
    return stream.readable;
  }

  /** Whether the job ends within this time. */
  async waitForEnd({ jobId, waitMs }: { jobId: string; waitMs: number }): Promise<boolean> {
    const ctx = await ImportWatch.loadCtx(this.env, jobId);
    const { EndWaits: Waits } = await import('./end-waits.ts');
    this.#waits ??= new Waits();
    return this.#waits.wait(ctx, { jobId, waitMs });
  }

  /** Tells the requests that wait for the end of the job. */
  tellEnd(): void {
    this.#waits?.tell();
  }

  async #start(jobId: string): Promise<JobWatch> {
    const ctx = await ImportWatch.loadCtx(this.env, jobId);
    const { JobWatch: Watch } = await import('./job-watch.ts');
    this.#watch ??= new Watch(ctx, { jobId });
    return this.#watch;
  }
}
