/** Divides the parts of an object among the connections that read it. Pure. */

/** A range of whole parts that one connection reads. */
export interface Lane {
  start: number;
  /** Exclusive; null for an object of unknown size. Becomes smaller when another lane takes over the last parts. */
  end: number | null;
  /** The end of what was read; only its reader changes it. */
  position: number;
  firstNumber: number;
}

/** An object with fewer parts is read by one connection: a second one would hardly be open before the end. */
export const LEAST_PARTS_TO_DIVIDE = 8;
/** What a lane takes is the free rest, divided by this for each connection, so that all of them end at about the same time. */
const SHARES_EACH = 2;

/**
 * The first lane is the whole object and is read from its start. Each further lane takes parts from the end of what the first one has
 * not reached, so that no part is read twice and the first lane meets the others once.
 */
export class Lanes {
  readonly first: Lane;
  /** Lanes that were given back. */
  #left: Lane[] = [];
  #partSizeBytes: number;

  constructor(sizeBytes: number | null, partSizeBytes: number) {
    this.#partSizeBytes = partSizeBytes;
    this.first = { start: 0, end: sizeBytes, position: 0, firstNumber: 1 };
  }

  /** A lane for one of `connections` connections; null when the others read all that is left. */
  take(connections: number): Lane | null {
    const left = this.#left.pop();
    if (left) return left;
    const { first } = this;
    if (first.end === null) return null;
    const firstFree = Math.ceil((first.position + 1) / this.#partSizeBytes);
    const endPart = Math.ceil(first.end / this.#partSizeBytes);
    const free = endPart - firstFree;
    if (free < 1) return null;
    const count = Math.max(1, Math.floor(free / (SHARES_EACH * connections)));
    const start = (endPart - count) * this.#partSizeBytes;
    const lane = { start, end: first.end, position: start, firstNumber: endPart - count + 1 };
    first.end = start;
    return lane;
  }

  /** Takes back a lane of which nothing was read. */
  giveBack(lane: Lane): void {
    if (lane.start === this.first.end && this.first.position < this.first.end) this.first.end = lane.end;
    else this.#left.push(lane);
  }
}
