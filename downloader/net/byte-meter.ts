/** Counts what sockets receive, headers and framing included, against one limit. */
import type { Socket } from 'node:net';

export class ByteMeter {
  /** A raised limit is for the bytes from the start as well. */
  maxBytes: number;
  readonly #onBytes: (bytes: number) => void;
  readonly #onExceeded: () => void;
  #totalBytes = 0;

  /** `onExceeded` is called once, when more than `maxBytes` came in. */
  constructor(maxBytes: number, onBytes: (bytes: number) => void, onExceeded: () => void) {
    this.maxBytes = maxBytes;
    this.#onBytes = onBytes;
    this.#onExceeded = onExceeded;
  }

  /** True after more than the limit came in. */
  get exceeded(): boolean {
    return this.#totalBytes > this.maxBytes;
  }

  /** Starts to count a socket. Call the returned function whenever the socket may have received bytes. */
  watch(socket: Socket): () => void {
    let seenBytes = 0;
    const count = () => {
      const newBytes = socket.bytesRead - seenBytes;
      seenBytes = socket.bytesRead;
      if (newBytes > 0) this.#add(newBytes);
    };
    socket.once('close', count);
    return count;
  }

  #add(bytes: number): void {
    const wasExceeded = this.exceeded;
    this.#totalBytes += bytes;
    this.#onBytes(bytes);
    if (this.exceeded && !wasExceeded) this.#onExceeded();
  }
}
