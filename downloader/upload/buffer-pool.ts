/** A fixed number of part buffers, reused: the memory of an upload, and its back-pressure. */

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
    return Buffer.allocUnsafeSlow(this.#sizeBytes);
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
}
