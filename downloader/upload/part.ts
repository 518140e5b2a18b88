/** One part in memory. Its bytes may still arrive while uploads send it, and stay until the last upload has an answer. */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from './crc32.ts';

export interface PartOptions {
  number: number;
  /** Null when the source does not tell how long it is: the part is then as long as what arrives. */
  sizeBytes: number | null;
  /** The memory of the part, at least `sizeBytes` long. */
  buffer: Buffer;
  /** Whether an upload needs the SHA-256. */
  needsSha256: boolean;
  /** Called when nobody uses the buffer any more. */
  onReleased: (buffer: Buffer) => void;
}

/** Someone who waits until the part has more bytes than `position`. */
interface Waiting {
  position: number;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export class Part {
  readonly number: number;
  /** Null only while the part is not complete. */
  sizeBytes: number | null;
  /** How many bytes have arrived. */
  filledBytes = 0;
  /** Of the bytes that have arrived. */
  crc32 = 0;
  /** In hex; null before the part is complete, or when nobody needs it. */
  sha256: string | null = null;
  isComplete = false;
  #options: PartOptions;
  #hash: Hash | null;
  #waiting: Waiting[] = [];
  #failure: { reason: unknown } | null = null;
  /** The one that fills it, and every upload that sends it. */
  #holders = 1;

  constructor(options: PartOptions) {
    this.#options = options;
    this.number = options.number;
    this.sizeBytes = options.sizeBytes;
    this.#hash = options.needsSha256 ? createHash('sha256') : null;
  }

  /** The memory of the bytes to come. A source may write there, and then calls `append` with what it has written. */
  room(): Buffer {
    return this.#options.buffer.subarray(this.filledBytes, this.sizeBytes ?? undefined);
  }

  /** Adds the bytes that fit, and returns their number. Digests are computed now, while the bytes are in the CPU cache. */
  append(bytes: Uint8Array): number {
    const { buffer } = this.#options;
    const limit = this.sizeBytes ?? buffer.byteLength;
    const fitting = bytes.subarray(0, limit - this.filledBytes);
    const isInPlace =
      bytes.buffer === buffer.buffer && bytes.byteOffset === buffer.byteOffset + this.filledBytes;
    if (!isInPlace) buffer.set(fitting, this.filledBytes);
    this.filledBytes += fitting.byteLength;
    this.crc32 = crc32(fitting, this.crc32);
    this.#hash?.update(fitting);
    if (this.filledBytes === limit) this.complete();
    else this.#wake(false);
    return fitting.byteLength;
  }

  /** No more bytes come. Called by the one that fills the part. */
  complete(): void {
    this.sizeBytes = this.filledBytes;
    this.sha256 = this.#hash?.digest('hex') ?? null;
    this.isComplete = true;
    this.#wake(true);
    this.release();
  }

  /** The rest never arrives. Everyone who waits for it gets `reason`. */
  fail(reason: unknown): void {
    if (this.isComplete || this.#failure) return;
    this.#failure = { reason };
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
    this.release();
  }

  /** The bytes from `start` to `end`, which have arrived. Valid until `release`. */
  view(start: number, end: number): Buffer {
    return this.#options.buffer.subarray(start, end);
  }

  /** Waits until more than `position` bytes have arrived, or the part is complete. Throws the reason of `fail`. */
  async arrived(position: number): Promise<void> {
    if (this.isComplete || this.filledBytes > position) return;
    if (this.#failure) throw this.#failure.reason;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ position, resolve, reject });
    });
  }

  /** Waits until the part is complete. Throws the reason of `fail`. */
  completed(): Promise<void> {
    return this.arrived(Infinity);
  }

  /** One more upload sends the part. It calls `release` once. */
  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#options.onReleased(this.#options.buffer);
  }

  #wake(all: boolean): void {
    if (this.#waiting.length === 0) return;
    const isReady = ({ position }: Waiting) => all || this.filledBytes > position;
    const ready = this.#waiting.filter(isReady);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((waiting) => !ready.includes(waiting));
    for (const { resolve } of ready) resolve();
  }
}
