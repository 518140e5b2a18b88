/** Copies of the bytes of a body that nobody has consumed yet. Small pieces share memory, since a server may send single bytes. */
import { freeMemory } from '../../free-memory.ts';

/** Bytes of the memory that small pieces share. */
const BLOCK_BYTES = 16 * 1024;

const NOTHING = Buffer.alloc(0);
/** Bytes of one piece that is given away: consumers copy what they cannot take at once. */
const PIECE_BYTES = 256 * 1024;

export class HeldBytes {
  #blocks: Buffer[] = [];
  /** The last block, and how much of it is filled. */
  #block = NOTHING;
  #filledBytes = 0;
  sizeBytes = 0;
  /** What `joined` has returned: its caller may keep it. */
  #joined: Buffer | null = null;

  push(bytes: Buffer): void {
    if (this.#filledBytes + bytes.byteLength > this.#block.byteLength) {
      this.#endBlock();
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes.byteLength));
    }
    this.#block.set(bytes, this.#filledBytes);
    this.#filledBytes += bytes.byteLength;
    this.sizeBytes += bytes.byteLength;
  }

  /** All bytes in one piece. They stay held. */
  joined(): Buffer {
    this.#endBlock();
    const [first] = this.#blocks;
    const bytes = first && this.#blocks.length === 1 ? first : Buffer.concat(this.#blocks);
    for (const block of this.#blocks) if (block !== bytes && block !== this.#joined) freeMemory(block);
    this.#blocks = [bytes];
    this.#joined = bytes;
    return bytes;
  }

  /** Gives the bytes away, in order and in pieces. */
  takeAll(): Buffer[] {
    this.#endBlock();
    this.sizeBytes = 0;
    return this.#blocks.splice(0).flatMap((block) => piecesOf(block));
  }

  #endBlock(): void {
    if (this.#filledBytes > 0) this.#blocks.push(this.#block.subarray(0, this.#filledBytes));
    this.#block = NOTHING;
    this.#filledBytes = 0;
  }
}

/** Views of the bytes in order, small enough for a consumer that copies what it cannot take at once. */
export function piecesOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.byteLength / PIECE_BYTES) }, (_, index) =>
    bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );
}
