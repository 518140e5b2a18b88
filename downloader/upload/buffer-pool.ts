/** A fixed number of part buffers, reused: the memory of an upload, and its back-pressure. */
import { MIN_PART_SIZE_BYTES } from '../../worker/contract/downloader/upload-plan.ts';

/** Smaller buffers are not worth keeping: each belongs to one small object of its own size. */
const MIN_IDLE_BYTES = MIN_PART_SIZE_BYTES;
/** Bytes of buffers that are kept for the next upload: those of one. */
const MAX_IDLE_BYTES = 64 * 1024 * 1024;
/** Buffers of ended uploads. Left to the collector, those of several uploads would add up until it runs. */
const idle: Buffer[] = [];

function takeIdle(sizeBytes: number): Buffer | undefined {
  const index = idle.findIndex(({ byteLength }) => byteLength === sizeBytes);
  return index === -1 ? undefined : idle.splice(index, 1)[0];
}

function keepIdle(buffer: Buffer): void {
  if (buffer.byteLength < MIN_IDLE_BYTES) return;
  idle.push(buffer);
  let bytes = idle.reduce((sum, { byteLength }) => sum + byteLength, 0);
  while (bytes > MAX_IDLE_BYTES) bytes -= idle.shift()?.byteLength ?? bytes;
}

export class BufferPool {
  #count: number;
  #sizeBytes: number;
  #made = 0;
  #free: Buffer[] = [];
  #waiting: { resolve: (buffer: Buffer) => void; reject: (reason: unknown) => void }[] = [];
  #closedBy: { reason: unknown } | null = null;

  constructor(count: number, sizeBytes: number) {
    this.#count = count;
    this.#sizeBytes = sizeBytes;
  }

  /** A buffer now, or null when all are in use. */
  tryTake(): Buffer | null {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#made === this.#count) return null;
    this.#made += 1;
    // Not from Node's shared slab, and not zeroed: every byte that is sent was written before.
    return takeIdle(this.#sizeBytes) ?? Buffer.allocUnsafeSlow(this.#sizeBytes);
  }

  /** The next buffer that is given back; throws the reason of `close`. */
  take(): Promise<Buffer> {
    if (this.#closedBy) return Promise.reject(this.#closedBy.reason);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  give(buffer: Buffer): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(buffer);
    else this.#free.push(buffer);
  }

  /** Ends all waiting with `reason`. */
  close(reason: unknown): void {
    this.#closedBy = { reason };
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  /** To be called when nothing uses the pool's buffers any more. */
  dispose(): void {
    for (const buffer of this.#free.splice(0)) keepIdle(buffer);
  }
}
