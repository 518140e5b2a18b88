/** Things that happen at a time, the earliest first: a binary heap. */

interface Entry {
  atMs: number;
  /** Keeps the order of things at the same time. */
  order: number;
  run: () => void;
}

export class Timeline {
  nowMs = 0;
  #entries: Entry[] = [];
  #count = 0;

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  at(atMs: number, run: () => void): void {
    const entries = this.#entries;
    this.#count += 1;
    const entry = { atMs, order: this.#count, run };
    let index = entries.push(entry) - 1;
    for (;;) {
      const parent = (index - 1) >> 1;
      const above = entries[parent];
      if (!above || !isBefore(entry, above)) break;
      entries[index] = above;
      index = parent;
    }
    entries[index] = entry;
  }

  /** Runs everything that happens before `endMs`. */
  runUntil(endMs: number): void {
    for (let first = this.#entries[0]; first && first.atMs < endMs; first = this.#entries[0]) {
      this.#removeFirst();
      this.nowMs = first.atMs;
      first.run();
    }
    this.nowMs = endMs;
  }

  #removeFirst(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (!last || entries.length === 0) return;
    let index = 0;
    for (;;) {
      const [left, right] = [entries[2 * index + 1], entries[2 * index + 2]];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const below = isRight ? right : left;
      if (!below || !isBefore(below, last)) break;
      entries[index] = below;
      index = 2 * index + (isRight ? 2 : 1);
    }
    entries[index] = last;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
