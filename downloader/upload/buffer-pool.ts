/** The reused part buffers of one upload. They bound its memory and slow its source down when all are full. */
import type { MemoryShare, PartMemory } from '../budget/part-memory.ts';
import { MIN_PART_SIZE_BYTES } from '../../worker/contract/downloader/upload-plan.ts';

/** The smallest buffer to keep, in bytes: a smaller one fits only one small object. */
const MIN_IDLE_BYTES = MIN_PART_SIZE_BYTES;
/** Bytes of buffers that are kept for the next upload: as many as one upload uses. */
const MAX_IDLE_BYTES = 32 * 1024 * 1024;
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

/** Buffers that each upload has, whatever the others hold: one is filled while the other one is sent. */
const LEAST_BUFFERS = 2;

export interface PoolOptions {
  /** The largest number of buffers. */
  count: number;
  sizeBytes: number;
  memory: PartMemory;
}

export class BufferPool {
  #count: number;
  #sizeBytes: number;
  #share: MemoryShare;
  #made = 0;
  #free: Buffer[] = [];
  #waiting: { resolve: (buffer: Buffer) => void; reject: (reason: unknown) => void }[] = [];
  #closedBy: { reason: unknown } | null = null;

  constructor({ count, sizeBytes, memory }: PoolOptions) {
    this.#count = count;
    this.#sizeBytes = sizeBytes;
    this.#share = memory.join(() => this.#serveWaiting());
  }

  /** How many buffers there may be now. */
  get #allowed(): number {
    const affordable = Math.max(LEAST_BUFFERS, Math.floor(this.#share.bytes / this.#sizeBytes));
    return Math.min(this.#count, affordable);
  }

  /** A buffer now, or null when all are in use. */
  tryTake(): Buffer | null {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#made >= this.#allowed) return null;
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

  /** Takes a buffer back. It goes to the other uploads when this one holds more than its share. */
  give(buffer: Buffer): void {
    if (this.#made > this.#allowed) {
      this.#made -= 1;
      keepIdle(buffer);
      return;
    }
    this.#free.push(buffer);
    this.#serveWaiting();
  }

  #serveWaiting(): void {
    while (this.#waiting.length > 0) {
      const buffer = this.tryTake();
      if (!buffer) return;
      this.#waiting.shift()?.resolve(buffer);
    }
  }

  /** Rejects everyone who waits, with `reason`. */
  close(reason: unknown): void {
    this.#closedBy = { reason };
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  /** Call it when nothing uses the buffers any more. */
  dispose(): void {
    for (const buffer of this.#free.splice(0)) keepIdle(buffer);
    this.#share.leave();
  }
}
