/** A fixed number of reused part buffers. They bound the memory of an upload and slow its source down when all are full. */
import { MIN_PART_SIZE_BYTES } from '../../worker/contract/downloader/upload-plan.ts';

/** The smallest buffer to keep, in bytes: a smaller one fits only one small object. */
const MIN_IDLE_BYTES = MIN_PART_SIZE_BYTES;
/** Bytes of buffers that are kept for the next upload: as many as one upload uses. */
const MAX_IDLE_BYTES = 64 * 1024 * 1024;
/** Buffers of ended uploads. Without reuse, those of several uploads would add up until the garbage collector runs. */
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
    // Outside of Node's shared pool, and not zeroed: each byte is written before it is sent.
    return takeIdle(this.#sizeBytes) ?? Buffer.allocUnsafeSlow(this.#sizeBytes);
  }

  /** Whether someone waits for a buffer. */
  get isExhausted(): boolean {
    return this.#waiting.length > 0;
  }

  /** The next buffer that is released; throws the reason of `close`. */
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

  /** Rejects everyone who waits, with `reason`. */
  close(reason: unknown): void {
    this.#closedBy = { reason };
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  /** Call it when nothing uses the buffers any more. */
  dispose(): void {
    for (const buffer of this.#free.splice(0)) keepIdle(buffer);
  }
}
