/** The start of a body in part buffers, before there is a consumer. The socket reads into them, so that a part that takes such a buffer copies nothing. */
import type { PartLender } from '../../content.ts';
import { HeldBytes, piecesOf } from './held-bytes.ts';

interface Filling {
  buffer: Buffer;
  filledBytes: number;
}

export class AheadBytes {
  #lender: PartLender;
  /** Full buffers, and the one that is being filled. */
  #filling: Filling[] = [];
  /** What came when there was no further buffer: at most what one read brings. */
  #rest = new HeldBytes();

  constructor(lender: PartLender) {
    this.#lender = lender;
  }

  /** Memory for the next bytes; null when there is none. */
  room(): Buffer | null {
    if (this.#rest.sizeBytes > 0) return null;
    const last = this.#filling.at(-1);
    if (last && last.filledBytes < last.buffer.byteLength) return last.buffer.subarray(last.filledBytes);
    const buffer = this.#lender.lend();
    if (buffer) this.#filling.push({ buffer, filledBytes: 0 });
    return buffer;
  }

  /** Takes the next bytes, which may be in `room` already. */
  push(bytes: Buffer): void {
    let left = bytes;
    while (left.byteLength > 0) {
      const room = this.room();
      const last = this.#filling.at(-1);
      if (!room || !last) return this.#rest.push(left);
      const fitting = left.subarray(0, room.byteLength);
      const isInPlace = fitting.buffer === room.buffer && fitting.byteOffset === room.byteOffset;
      if (!isInPlace) room.set(fitting);
      last.filledBytes += fitting.byteLength;
      left = left.subarray(fitting.byteLength);
    }
  }

  /** The bytes in order and in small pieces, each valid until the next one is asked for. Nothing is pushed meanwhile. */
  *pieces(): Generator<Buffer> {
    for (let first = this.#filling[0]; first; first = this.#filling[0]) {
      const { buffer, filledBytes } = first;
      yield* piecesOf(buffer.subarray(0, filledBytes));
      // The socket may still write to the rest of this one.
      if (filledBytes < buffer.byteLength) break;
      this.#filling.shift();
      this.#lender.takeBack(buffer);
    }
    yield* this.#rest.takeAll();
  }

  /** Gives the buffers back. The socket writes to none of them any more. */
  dispose(): void {
    for (const { buffer } of this.#filling.splice(0)) this.#lender.takeBack(buffer);
  }
}
