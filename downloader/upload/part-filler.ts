/** Cuts the bytes of one lane into parts. It computes digests as bytes arrive, while they are in the CPU cache. */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { BufferPool } from './buffer-pool.ts';

/** Memory of ended lanes. Without reuse, that of every import would add up until the garbage collector runs. */
const idle: Buffer[] = [];
/** The number of lanes whose memory is kept, and the bytes of each: the longest chunk of a socket or file. */
const MAX_IDLE = 8;
const MAX_IDLE_BYTES = 512 * 1024;

export interface FilledPart {
  number: number;
  /** A view of a pool's buffer: valid until `release`. */
  bytes: Buffer;
  crc32: number;
  /** In hex; null when no plan needs it. */
  sha256: string | null;
  /** Returns the buffer to the pool. */
  release: () => void;
}

export interface FillerOptions {
  pool: BufferPool;
  partSizeBytes: number;
  firstNumber: number;
  /** Whether a plan needs the SHA-256 of each part. */
  needsSha256: boolean;
  /** The digest of the whole object, if the lane is the whole object. */
  whole: Hash | null;
  onPart: (part: FilledPart) => void;
}

export class PartFiller {
  #options: FillerOptions;
  #number: number;
  #buffer: Buffer | null = null;
  #filledBytes = 0;
  #crc32 = 0;
  #sha256: Hash | null = null;
  /** Bytes that wait for a buffer. All waits share this memory, because new memory would add up until a collection. */
  #waiting = idle.pop() ?? Buffer.alloc(0);

  constructor(options: FillerOptions) {
    this.#options = options;
    this.#number = options.firstNumber;
  }

  /** Adds the next bytes of the lane. A promise means that all buffers are in use. The chunk may be reused after the call. */
  push(chunk: Uint8Array): void | Promise<void> {
    let rest = chunk;
    while (rest.byteLength > 0) {
      this.#buffer ??= this.#options.pool.tryTake();
      if (!this.#buffer) return this.#pushLater(this.#keep(rest));
      rest = rest.subarray(this.#fill(this.#buffer, rest));
    }
  }

  #keep(bytes: Uint8Array): Buffer {
    if (this.#waiting.byteLength < bytes.byteLength) this.#waiting = Buffer.allocUnsafeSlow(bytes.byteLength);
    this.#waiting.set(bytes);
    return this.#waiting.subarray(0, bytes.byteLength);
  }

  async #pushLater(held: Buffer): Promise<void> {
    this.#buffer = await this.#options.pool.take();
    await this.push(held);
  }

  /** Returns the number of bytes that fit. */
  #fill(buffer: Buffer, bytes: Uint8Array): number {
    const { partSizeBytes, needsSha256, whole } = this.#options;
    const fitting = bytes.subarray(0, partSizeBytes - this.#filledBytes);
    buffer.set(fitting, this.#filledBytes);
    this.#filledBytes += fitting.byteLength;
    this.#crc32 = crc32(fitting, this.#crc32);
    if (needsSha256) this.#sha256 = (this.#sha256 ?? createHash('sha256')).update(fitting);
    whole?.update(fitting);
    if (this.#filledBytes === partSizeBytes) this.#emit(buffer);
    return fitting.byteLength;
  }

  #emit(buffer: Buffer): void {
    const { pool, onPart } = this.#options;
    const part: FilledPart = {
      number: this.#number,
      bytes: buffer.subarray(0, this.#filledBytes),
      crc32: this.#crc32,
      sha256: this.#sha256?.digest('hex') ?? null,
      release: () => pool.give(buffer),
    };
    this.#number += 1;
    this.#buffer = null;
    this.#filledBytes = 0;
    this.#crc32 = 0;
    this.#sha256 = null;
    onPart(part);
  }

  /** Ends the lane: the remaining bytes become its last part. */
  end(): void {
    if (this.#buffer && this.#filledBytes > 0) this.#emit(this.#buffer);
    else if (this.#buffer) this.#options.pool.give(this.#buffer);
    this.#buffer = null;
    if (idle.length < MAX_IDLE && this.#waiting.byteLength <= MAX_IDLE_BYTES) idle.push(this.#waiting);
  }
}
