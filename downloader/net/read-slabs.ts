/**
 * Reads of a socket use a few slabs of memory again and again, instead of a new buffer for each read. The socket is
 * still an ordinary stream with back-pressure; only its chunks are short-lived.
 */
import type { OnReadOpts, Socket } from 'node:net';

/** Bytes of one slab: several reads, and two or three slabs stay in the processor's cache. */
const SLAB_BYTES = 256 * 1024;
/** The smallest space for a read: the read size of libuv, so that reads do not become smaller. */
const MIN_READ_BYTES = 64 * 1024;

/** Slabs of closed sockets that are kept for new ones: enough for two sources with two connections each. */
const MAX_IDLE_SLABS = 16;

interface Slab {
  memory: Buffer;
  /** Position in the stream after the last byte of this slab. */
  end: number;
}

/** Kept for reuse: else the slabs of every import would add up until the garbage collector runs, which is late. */
const idle: Slab[] = [];

/** Bytes of the longest TLS record: more of the same transfer usually follow within the same turn of the event loop. */
const FULL_RECORD_BYTES = 16 * 1024;
/** Bytes after which records are pushed in any case. They are still in the processor's cache when they are parsed. */
const MAX_HELD_BYTES = 128 * 1024;

/**
 * The memory of one socket: give `onread` to its `connect`, then call `attach` before it connects. A chunk is valid
 * until the event that delivered it returns: copy what is kept longer. Unread bytes are never overwritten: TLS still
 * delivers after a pause, so memory is taken only from the consumed end of the stream. TLS delivers record by record; full
 * records that follow each other become one chunk, since each chunk costs as much as the bytes of a record.
 */
export class ReadSlabs {
  readonly onread: OnReadOpts = {
    buffer: () => this.#nextRoom(),
    callback: (sizeBytes) => this.#deliver(sizeBytes),
  };
  readonly #slabs: Slab[] = [];
  #socket: Socket | null = null;
  #current: Slab = this.#addSlab();
  #usedBytes = 0;
  /** The last of the used bytes, which are not in the stream yet. */
  #heldBytes = 0;
  /** Bytes that were pushed into the stream since it began. */
  #pushed = 0;
  #isFlushPlanned = false;

  attach(socket: Socket): void {
    this.#socket = socket;
    const push = socket.push.bind(socket);
    // The end of the stream comes after its last bytes.
    socket.push = (chunk: unknown) => {
      if (chunk === null) this.#flush();
      return push(chunk);
    };
    this.#push = push;
    // One turn later, after all listeners of the end have seen the last chunk.
    socket.once('close', () => setImmediate(() => this.#release()));
  }

  #push: Socket['push'] = () => false;

  #release(): void {
    const room = MAX_IDLE_SLABS - idle.length;
    idle.push(...this.#slabs.splice(0).slice(0, room));
  }

  /** Called before the bytes of the last read were parsed. */
  #nextRoom(): Buffer {
    if (SLAB_BYTES - this.#usedBytes < MIN_READ_BYTES) {
      this.#flush();
      const consumed = this.#pushed - (this.#socket?.readableLength ?? 0);
      this.#current = this.#slabs.find((slab) => slab.end <= consumed) ?? this.#addSlab();
      this.#usedBytes = 0;
    }
    return this.#current.memory.subarray(this.#usedBytes);
  }

  #deliver(sizeBytes: number): boolean {
    this.#usedBytes += sizeBytes;
    this.#heldBytes += sizeBytes;
    this.#current.end = this.#pushed + this.#heldBytes;
    if (sizeBytes !== FULL_RECORD_BYTES || this.#heldBytes >= MAX_HELD_BYTES) return this.#flush();
    if (!this.#isFlushPlanned) setImmediate(this.#flushPlanned);
    this.#isFlushPlanned = true;
    const { readableLength = 0, readableHighWaterMark = 0 } = this.#socket ?? {};
    return readableLength < readableHighWaterMark;
  }

  #flushPlanned = (): void => {
    this.#isFlushPlanned = false;
    this.#flush();
  };

  /** Pushes what is held. Returns false when the stream has enough. */
  #flush(): boolean {
    const sizeBytes = this.#heldBytes;
    if (sizeBytes === 0 || !this.#socket || this.#socket.destroyed) return false;
    this.#heldBytes = 0;
    this.#pushed += sizeBytes;
    return this.#push(this.#current.memory.subarray(this.#usedBytes - sizeBytes, this.#usedBytes));
  }

  #addSlab(): Slab {
    const slab = idle.pop() ?? { memory: Buffer.allocUnsafeSlow(SLAB_BYTES), end: 0 };
    slab.end = 0;
    this.#slabs.push(slab);
    return slab;
  }
}
