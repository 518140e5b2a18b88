/** Cuts the bytes of one lane into parts. */
import type { Hash } from 'node:crypto';
import { JobFailure } from '../job-failure.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { Lane } from './lanes.ts';
import { Part } from './part.ts';

/** Memory of ended lanes. Without reuse, that of every import would add up until the garbage collector runs. */
const idle: Buffer[] = [];
/** The number of lanes whose memory is kept, and the bytes of each: the longest chunk of a socket or file. */
const MAX_IDLE = 8;
const MAX_IDLE_BYTES = 512 * 1024;

export interface FillerOptions {
  pool: BufferPool;
  partSizeBytes: number;
  lane: Lane;
  /** Whether a plan needs the SHA-256 of each part. */
  needsSha256: boolean;
  /** The digest of the whole object, if the lane is the whole object. */
  whole: Hash | null;
  /** The buffer that begins with these bytes, if the source has filled it for a part. */
  takeOver?: ((bytes: Uint8Array) => Buffer | null) | undefined;
  /** Called when the first bytes of a part have arrived. */
  onPart: (part: Part) => void;
}

export class PartFiller {
  #options: FillerOptions;
  #number: number;
  #part: Part | null = null;
  #isEnded = false;
  /** Bytes of the lane that no part has been made for; null when nobody knows. */
  #restBytes: number | null;
  /** Bytes that wait for a buffer. All waits share this memory, because new memory would add up until a collection. */
  #waiting = idle.pop() ?? Buffer.alloc(0);

  constructor(options: FillerOptions) {
    this.#options = options;
    const { start, end, firstNumber } = options.lane;
    this.#number = firstNumber;
    this.#restBytes = end === null ? null : end - start;
  }

  /** Adds the next bytes of the lane. A promise means that all buffers are in use. The chunk may be reused after the call. */
  push(chunk: Uint8Array): void | Promise<void> {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (!this.#part) {
        const buffer = this.#options.takeOver?.(rest) ?? this.#options.pool.tryTake();
        if (!buffer) return this.#pushLater(this.#keep(rest));
        this.#part = this.#start(buffer);
      }
      rest = rest.subarray(this.#append(this.#part, rest));
    }
  }

  /** Memory for the next bytes of the part that is being filled. */
  room(): Buffer | null {
    return this.#part?.room() ?? null;
  }

  #keep(bytes: Uint8Array): Buffer {
    if (this.#waiting.byteLength < bytes.byteLength) this.#waiting = Buffer.allocUnsafeSlow(bytes.byteLength);
    this.#waiting.set(bytes);
    return this.#waiting.subarray(0, bytes.byteLength);
  }

  async #pushLater(held: Buffer): Promise<void> {
    this.#part = this.#start(await this.#options.pool.take());
    await this.push(held);
  }

  #start(buffer: Buffer): Part {
    const { pool, partSizeBytes, needsSha256, onPart } = this.#options;
    const rest = this.#restBytes;
    // The source may still deliver what it had when the upload ended.
    if (this.#isEnded || rest === 0) {
      pool.give(buffer);
      throw new JobFailure('source_changed', 'the source sends more bytes than it announced');
    }
    const sizeBytes = rest === null ? null : Math.min(rest, partSizeBytes);
    if (rest !== null && sizeBytes !== null) this.#restBytes = rest - sizeBytes;
    const onReleased = () => pool.give(buffer);
    const part = new Part({ number: this.#number, sizeBytes, buffer, needsSha256, onReleased });
    this.#number += 1;
    onPart(part);
    return part;
  }

  /** Returns the number of bytes that fit. */
  #append(part: Part, bytes: Uint8Array): number {
    const fitting = part.append(bytes);
    this.#options.whole?.update(bytes.subarray(0, fitting));
    if (part.isComplete) this.#part = null;
    return fitting;
  }

  /** Ends the lane: the remaining bytes become its last part. A part of known size that is not complete is cut short. */
  end(): void {
    if (this.#part?.sizeBytes === null) this.#part.complete();
    this.fail(new JobFailure('source_truncated', 'the source ended inside a part'));
  }

  /** The rest of the lane never arrives. */
  fail(reason: unknown): void {
    this.#isEnded = true;
    this.#part?.fail(reason);
    this.#part = null;
    const { byteLength } = this.#waiting;
    if (byteLength > 0 && byteLength <= MAX_IDLE_BYTES && idle.length < MAX_IDLE) idle.push(this.#waiting);
    this.#waiting = Buffer.alloc(0);
  }
}
