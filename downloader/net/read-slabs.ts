/**
 * Reads of a socket land in a few slabs of memory that are used again, instead of one new buffer for each read. The
 * socket stays an ordinary stream with its back-pressure; only its chunks are short-lived.
 */
import type { OnReadOpts, Socket } from 'node:net';

/** Bytes of one slab: several reads, and two or three slabs stay in the processor's cache. */
const SLAB_BYTES = 512 * 1024;
/** The least room that is offered to a read: libuv's own size, so that reads do not become smaller. */
const MIN_READ_BYTES = 64 * 1024;

/** Slabs of closed sockets that are kept for the next ones: those of two sources by two connections each. */
const MAX_IDLE_SLABS = 16;

interface Slab {
  memory: Buffer;
  /** Position in the stream after the last byte that was put here. */
  end: number;
}

/** Left to the collector, the slabs of every import would add up until it runs, which outside of its heap is late. */
const idle: Slab[] = [];

/**
 * The memory of one socket: give `onread` to its `connect`, then call `attach` before it connects. A chunk is valid
 * until the event that delivered it returns; whoever keeps one must copy it. What nobody took yet is never
 * overwritten: TLS goes on delivering after a pause, so memory is taken from the consumed end of the stream only.
 */
export class ReadSlabs {
  readonly onread: OnReadOpts = {
    buffer: () => this.#nextRoom(),
    callback: (sizeBytes, room) => this.#deliver(sizeBytes, room),
  };
  readonly #slabs: Slab[] = [];
  #socket: Socket | null = null;
  #current: Slab = this.#addSlab();
  #usedBytes = 0;
  /** Bytes that were pushed into the stream since it began. */
  #pushed = 0;

  attach(socket: Socket): void {
    this.#socket = socket;
    // A turn later, when every listener of the end has had its look at the last chunk.
    socket.once('close', () => setImmediate(() => this.#release()));
  }

  #release(): void {
    const room = MAX_IDLE_SLABS - idle.length;
    idle.push(...this.#slabs.splice(0).slice(0, room));
  }

  /** Called before the bytes of the last read were parsed. */
  #nextRoom(): Buffer {
    if (SLAB_BYTES - this.#usedBytes < MIN_READ_BYTES) {
      const consumed = this.#pushed - (this.#socket?.readableLength ?? 0);
      this.#current = this.#slabs.find((slab) => slab.end <= consumed) ?? this.#addSlab();
      this.#usedBytes = 0;
    }
    return this.#current.memory.subarray(this.#usedBytes);
  }

  #deliver(sizeBytes: number, room: Uint8Array): boolean {
    this.#usedBytes += sizeBytes;
    this.#pushed += sizeBytes;
    this.#current.end = this.#pushed;
    return this.#socket?.push(room.subarray(0, sizeBytes)) ?? false;
  }

  #addSlab(): Slab {
    const slab = idle.pop() ?? { memory: Buffer.allocUnsafeSlow(SLAB_BYTES), end: 0 };
    slab.end = 0;
    this.#slabs.push(slab);
    return slab;
  }
}
