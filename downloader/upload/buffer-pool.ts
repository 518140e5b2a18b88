/** The part buffers of one upload. They bound its memory and slow its source down when all are full. */
import type { PartBuffers, PartMemory } from '../budget/part-memory.ts';

/** Milliseconds between two calls of `onWait`; the shortest stall limit of a source is one second. */
const TELL_EVERY_MS = 500;

export interface PoolOptions {
  /** The largest number of buffers. */
  count: number;
  sizeBytes: number;
  memory: Pick<PartMemory, 'join'>;
  /** Called again and again while other uploads hold the memory that this one needs: then its source has not stalled. */
  onWait: () => void;
}

export class BufferPool {
  #options: PoolOptions;
  #buffers: PartBuffers;
  #waiting: { resolve: (buffer: Buffer) => void; reject: (reason: unknown) => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closedBy: { reason: unknown } | null = null;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#buffers = options.memory.join(options.sizeBytes, () => this.#serveWaiting());
  }

  /** A buffer now, or null when there is none to be had. */
  tryTake(): Buffer | null {
    return this.isExhausted ? null : this.#next();
  }

  #next(): Buffer | null {
    return this.#buffers.count < this.#options.count ? this.#buffers.take() : null;
  }

  /** Whether someone waits for a buffer. */
  get isExhausted(): boolean {
    return this.#waiting.length > 0;
  }

  /** The next buffer that is free; throws the reason of `close`. */
  take(): Promise<Buffer> {
    if (this.#closedBy) return Promise.reject(this.#closedBy.reason);
    this.#timer ??= setInterval(() => this.#tell(), TELL_EVERY_MS);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#buffers.wait();
    });
  }

  /** Takes a buffer back. Nothing reads or writes it any more. */
  give(buffer: Buffer): void {
    this.#buffers.give(buffer);
  }

  /** While the upload holds buffers, its storage or its source is awaited. */
  #tell(): void {
    if (this.#buffers.count === 0) this.#options.onWait();
  }

  #serveWaiting(): void {
    while (this.#waiting.length > 0) {
      const buffer = this.#next();
      if (!buffer) return this.#buffers.wait();
      this.#waiting.shift()?.resolve(buffer);
    }
    this.#stopTelling();
  }

  #stopTelling(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Rejects everyone who waits, with `reason`. */
  close(reason: unknown): void {
    this.#closedBy = { reason };
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
    this.#stopTelling();
  }

  /** Call it when nothing uses the buffers any more. */
  dispose(): void {
    this.#buffers.leave();
  }
}
