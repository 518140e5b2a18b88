/** Keeps memory that is not in use for the next user, for a limited time. */

/** For how many milliseconds memory stays allocated without a user. Imports that follow each other use it again. */
const MAX_IDLE_MS = 10_000;
/** The smallest block, in bytes. The size of a smaller request is rounded up, so that files of different sizes use the same blocks. */
const MIN_BLOCK_BYTES = 64 * 1024;
/** Requests above this size, in bytes, get exactly what they ask for: there are few different part sizes. */
const MAX_ROUNDED_BYTES = 1024 * 1024;

interface Idle {
  block: ArrayBuffer;
  sinceMs: number;
}

/**
 * Without reuse, the buffers of every import would add up until the garbage collector runs, which is late. What nobody needs returns to the
 * system at once: `transfer` frees the memory of a block without the garbage collector.
 */
export class IdleMemory {
  #maxBytes: number;
  /** The longest idle first. */
  #idle: Idle[] = [];
  #bytes = 0;
  #isWatched = false;

  /** At most `maxBytes` stay allocated without a user, or one block if that is larger. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A buffer of this size, which is not zeroed. Nobody else uses its memory. */
  take(sizeBytes: number): Buffer {
    const blockBytes = blockBytesOf(sizeBytes);
    const index = this.#idle.findLastIndex(({ block }) => block.byteLength === blockBytes);
    const [found] = index === -1 ? [] : this.#idle.splice(index, 1);
    if (found) this.#bytes -= blockBytes;
    const block = found?.block ?? Buffer.allocUnsafeSlow(blockBytes).buffer;
    return Buffer.from(block, 0, sizeBytes);
  }

  /** Takes back what `take` gave. Nothing reads or writes it any more. */
  keep(buffer: Buffer): void {
    this.#idle.push({ block: buffer.buffer as ArrayBuffer, sinceMs: performance.now() });
    this.#bytes += buffer.buffer.byteLength;
    this.shrinkTo(Math.max(this.#maxBytes, buffer.buffer.byteLength));
    if (!this.#isWatched) this.#lookIn(MAX_IDLE_MS);
  }

  /** Frees what has been idle longest, until at most `bytes` are left. */
  shrinkTo(bytes: number): void {
    while (this.#bytes > bytes) {
      const oldest = this.#idle.shift();
      if (!oldest) return;
      this.#bytes -= oldest.block.byteLength;
      oldest.block.transfer(0);
    }
  }

  #lookIn(delayMs: number): void {
    this.#isWatched = true;
    setTimeout(() => this.#freeOld(), delayMs).unref();
  }

  #freeOld(): void {
    const now = performance.now();
    const young = this.#idle.filter(({ sinceMs }) => now - sinceMs < MAX_IDLE_MS);
    this.shrinkTo(young.reduce((sum, { block }) => sum + block.byteLength, 0));
    this.#isWatched = false;
    const [oldest] = this.#idle;
    if (oldest) this.#lookIn(MAX_IDLE_MS - (now - oldest.sinceMs));
  }
}

function blockBytesOf(sizeBytes: number): number {
  if (sizeBytes > MAX_ROUNDED_BYTES) return sizeBytes;
  return Math.max(MIN_BLOCK_BYTES, 2 ** Math.ceil(Math.log2(sizeBytes)));
}
