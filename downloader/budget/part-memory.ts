/** Bounds the memory of the part buffers of all uploads, and shares it among them. */
import { IdleMemory } from './idle-memory.ts';

const MIB = 1024 * 1024;

/** What uploads share, in bytes, beyond one buffer each: two parts of eight usual uploads. More memory makes them no faster. */
const SHARED_BYTES = 128 * MIB;
/** Bytes of buffers that stay allocated without an upload: as many as one upload uses. */
const MAX_IDLE_BYTES = 32 * MIB;
/** The largest part of the contract, in bytes. It must fit. */
const LARGEST_PART_BYTES = 64 * MIB;
/** A buffer above this size, in bytes, is large: usual parts have 8 MiB, and those of a file of unknown size 16 MiB. */
const USUAL_BYTES = 16 * MIB;

/** The buffers of one upload. All have the same size. */
export interface PartBuffers {
  /** How many the upload holds. */
  readonly count: number;
  /** One more buffer, or null when the upload has to wait. */
  take(): Buffer | null;
  /** Enters the queue, unless the upload is in it. It leaves the queue with its next buffer. */
  wait(): void;
  /** Takes a buffer back. Nothing reads or writes it any more. */
  give(buffer: Buffer): void;
  /** The upload has ended and holds no buffer. */
  leave(): void;
}

interface Member {
  sizeBytes: number;
  count: number;
  onRoom: () => void;
}

/**
 * An upload needs one buffer to move on: it fills it, sends it and gives it back, and holds nothing while it waits for the next one. So uploads
 * cannot block each other, and those that hold nothing get the next free memory, in the order in which they came. What they leave
 * is shared equally.
 */
export class PartMemory {
  #maxBytes: number;
  #sharedBytes: number;
  /** Large buffers leave this to the others, so that a small file does not wait for large parts of slow sources. */
  #reserveBytes: number;
  #members = new Set<Member>();
  /** Those that wait, in the order in which they came. */
  #queue = new Set<Member>();
  #idle = new IdleMemory(MAX_IDLE_BYTES);

  /** All buffers together have at most `maxBytes`, or the size of the largest part if that is more. */
  constructor(maxBytes: number, sharedBytes = SHARED_BYTES) {
    this.#maxBytes = Math.max(maxBytes, LARGEST_PART_BYTES);
    this.#sharedBytes = Math.min(sharedBytes, this.#maxBytes);
    this.#reserveBytes = Math.min(this.#maxBytes / 8, this.#maxBytes - LARGEST_PART_BYTES);
  }

  get heldBytes(): number {
    return bytesOf(this.#members);
  }

  /** Whether uploads hold less than half of what they share. */
  get isHalfFree(): boolean {
    return this.heldBytes < this.#sharedBytes / 2;
  }

  /** How many uploads hold nothing and wait. */
  get waiting(): number {
    return [...this.#queue].filter(holdsNothing).length;
  }

  /** Adds an upload with buffers of `sizeBytes`. Calls `onRoom` when it waits and may now get one. */
  join(sizeBytes: number, onRoom: () => void): PartBuffers {
    if (sizeBytes > this.#maxBytes) throw new Error(`a part of ${sizeBytes} bytes does not fit in memory`);
    const member = { sizeBytes, count: 0, onRoom };
    this.#members.add(member);
    return {
      get count() {
        return member.count;
      },
      take: () => this.#take(member),
      wait: () => void this.#queue.add(member),
      give: (buffer) => {
        member.count -= 1;
        this.#idle.keep(buffer);
        this.#serve();
      },
      leave: () => {
        this.#queue.delete(member);
        if (this.#members.delete(member)) this.#serve();
      },
    };
  }

  #take(member: Member): Buffer | null {
    const { sizeBytes } = member;
    const mayTake = holdsNothing(member) ? this.#mayTakeFirst(member) : this.#mayTakeMore(member);
    if (!mayTake) return null;
    member.count += 1;
    this.#queue.delete(member);
    const buffer = this.#idle.take(sizeBytes);
    this.#idle.shrinkTo(Math.max(0, this.#sharedBytes - this.heldBytes));
    return buffer;
  }

  #mayTakeFirst(member: Member): boolean {
    const { sizeBytes } = member;
    if (this.heldBytes + sizeBytes > this.#maxBytes) return false;
    const [next = member] = [...this.#queue].filter(holdsNothing);
    if (isLarge(member))
      return next === member && this.#bytesOfAll(true) + sizeBytes <= this.#maxBytes - this.#reserveBytes;
    return next === member || (isLarge(next) && this.#bytesOfAll(false) + sizeBytes <= this.#reserveBytes);
  }

  #mayTakeMore({ sizeBytes, count }: Member): boolean {
    const share = this.#sharedBytes / this.#members.size;
    const fits = this.heldBytes + sizeBytes <= this.#sharedBytes && (count + 1) * sizeBytes <= share;
    return fits && this.waiting === 0;
  }

  #bytesOfAll(large: boolean): number {
    return bytesOf([...this.#members].filter((member) => isLarge(member) === large));
  }

  /** Uploads that hold nothing come first. */
  #serve(): void {
    const inOrder = [...this.#queue].toSorted((a, b) => Math.min(a.count, 1) - Math.min(b.count, 1));
    for (const { onRoom } of inOrder) onRoom();
  }
}

const holdsNothing = ({ count }: Member) => count === 0;
const isLarge = ({ sizeBytes }: Member) => sizeBytes > USUAL_BYTES;

function bytesOf(members: Iterable<Member>): number {
  let bytes = 0;
  for (const { sizeBytes, count } of members) bytes += sizeBytes * count;
  return bytes;
}
