/** Lends part buffers to a source while its upload is planned. Parts take them over with the bytes, so nothing is copied. */
import { USUAL_PART_SIZE_BYTES } from '../../worker/contract/downloader/upload-plan.ts';
import type { PartBuffers, PartMemory } from '../budget/part-memory.ts';
import type { ByteSource, PartLender } from '../content.ts';

/** Bytes of the part buffers of one upload, or two parts if those are larger. Many uploads at once have less each (budget/part-memory.ts). */
export const POOL_BYTES = 24 * 1024 * 1024;
/** Larger files, in bytes, have larger parts at a storage that takes 1,000 parts. They gain little. */
const MAX_FILE_BYTES = 7 * 1024 ** 3;

/** Memory of parts that an upload joins, and that may have its first bytes already. */
export interface UploadMemory extends Pick<PartMemory, 'join'> {
  /** The buffer that begins with these bytes and is the caller's from now on; null for other bytes. */
  takeOver?: (bytes: Uint8Array) => Buffer | null;
}

/** Begins to read the start of a file whose upload probably has parts of the usual size. Null when there is nothing to gain. */
export function readAhead(memory: PartMemory, source: ByteSource): ReadAhead | null {
  const { sizeBytes } = source;
  const isUsual = sizeBytes !== null && sizeBytes > USUAL_PART_SIZE_BYTES && sizeBytes <= MAX_FILE_BYTES;
  return isUsual && source.readAhead ? new ReadAhead(memory, source, sizeBytes) : null;
}

export class ReadAhead implements UploadMemory, PartLender {
  #memory: PartMemory;
  #mostBuffers: number;
  #buffers: PartBuffers;
  /** What the source has. */
  #lent = new Set<Buffer>();
  #state: 'reading' | 'joined' | 'left' = 'reading';
  #onRoom: () => void = () => undefined;
  #stop: () => void;

  /** Begins to read. */
  constructor(memory: PartMemory, source: ByteSource, sizeBytes: number) {
    this.#memory = memory;
    this.#mostBuffers = Math.ceil(Math.min(sizeBytes, POOL_BYTES) / USUAL_PART_SIZE_BYTES);
    this.#buffers = memory.join(USUAL_PART_SIZE_BYTES, () => this.#onRoom());
    this.#stop = source.readAhead?.(this) ?? (() => undefined);
  }

  /** Leaves half of the memory to uploads that have a plan: a storage that does not answer holds up the plans of its files. */
  lend(): Buffer | null {
    const isWanted = this.#state !== 'left' && this.#lent.size < this.#mostBuffers;
    const mayLend = isWanted && this.#memory.isHalfFree;
    const buffer = mayLend ? this.#buffers.take() : null;
    if (buffer) this.#lent.add(buffer);
    return buffer;
  }

  takeBack(buffer: Buffer): void {
    if (this.#lent.delete(buffer)) this.#buffers.give(buffer);
  }

  takeOver(bytes: Uint8Array): Buffer | null {
    if (this.#state !== 'joined') return null;
    for (const buffer of this.#lent) {
      if (buffer.buffer !== bytes.buffer || buffer.byteOffset !== bytes.byteOffset) continue;
      this.#lent.delete(buffer);
      return buffer;
    }
    return null;
  }

  /** The first upload continues with these buffers. If its parts have another size, it does not wait for what the source holds, which is copied. */
  join(sizeBytes: number, onRoom: () => void): PartBuffers {
    if (this.#state === 'reading' && sizeBytes === USUAL_PART_SIZE_BYTES) {
      this.#state = 'joined';
      this.#onRoom = onRoom;
      return this.#buffers;
    }
    this.#leave();
    return this.#memory.join(sizeBytes, onRoom);
  }

  /** Ends the reading if no upload has used it. */
  close(): void {
    this.#stop();
    this.#leave();
  }

  #leave(): void {
    if (this.#state === 'reading') this.#buffers.leave();
    this.#state = 'left';
  }
}
