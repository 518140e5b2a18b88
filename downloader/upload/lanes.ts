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
/** A lane that another connection reads gives up parts when it has so many left: its own connection is then cut. */
const LEAST_PARTS_TO_SPLIT = 2;

/**
 * The first lane is the whole object and is read from its start. Each further lane takes parts from the end of what the first one has
 * not reached, and later from the end of the longest other lane, so that no part is read twice and a slow connection does not hold up the end.
 */
export class Lanes {
  readonly first: Lane;
  #taken: Lane[] = [];
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
    const free = this.#freeParts(this.first);
    if (free > 0) return this.#split(this.first, Math.max(1, Math.floor(free / connections)));
    this.#taken = this.#taken.filter((lane) => lane.position !== lane.end);
    const [longest] = this.#taken.toSorted((a, b) => this.#freeParts(b) - this.#freeParts(a));
    const parts = longest ? this.#freeParts(longest) : 0;
    return longest && parts >= LEAST_PARTS_TO_SPLIT ? this.#split(longest, Math.ceil(parts / 2)) : null;
  }

  /** The parts behind the one that the lane is in. */
  #freeParts({ position, end }: Lane): number {
    if (end === null) return 0;
    return Math.ceil(end / this.#partSizeBytes) - Math.ceil((position + 1) / this.#partSizeBytes);
  }

  /** A new lane of the last `parts` parts. */
  #split(from: Lane, parts: number): Lane {
    const { end } = from;
    const firstPart = Math.ceil((end ?? 0) / this.#partSizeBytes) - parts;
    const start = firstPart * this.#partSizeBytes;
    const lane = { start, end, position: start, firstNumber: firstPart + 1 };
    from.end = start;
    this.#taken.push(lane);
    return lane;
  }

  /** Takes back a lane of which nothing was read. The first lane reads on through what follows it. */
  giveBack(lane: Lane): void {
    const { first } = this;
    this.#taken.splice(this.#taken.indexOf(lane), 1);
    this.#left.push(lane);
    for (let next = this.#nextLeft(); next && first.position < (first.end ?? 0); next = this.#nextLeft()) {
      this.#left.splice(this.#left.indexOf(next), 1);
      first.end = next.end;
    }
  }

  #nextLeft(): Lane | undefined {
    return this.#left.find(({ start }) => start === this.first.end);
  }
}
