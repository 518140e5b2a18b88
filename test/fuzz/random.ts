/** A random generator whose numbers follow from its seed (sfc32). */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  /** `parts`: the same ones give the same numbers. */
  constructor(...parts: (string | number)[]) {
    const text = parts.join(' ');
    const hashes = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35].map((start) => {
      let hash = start;
      for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
      return hash | 0;
    });
    [this.#a, this.#b, this.#c] = [hashes[0] ?? 0, hashes[1] ?? 0, hashes[2] ?? 0];
    for (let round = 0; round < 15; round += 1) this.#next();
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer from 0 up to, but not including, `end`. */
  below(end: number): number {
    return end <= 0 ? 0 : Math.floor((this.#next() / 2 ** 32) * end);
  }

  pick<T>(list: readonly [T, ...T[]]): T;
  pick<T>(list: readonly T[]): T | undefined;
  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }

  /** True in about one of `times` calls. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Uint8Array.from({ length }, () => this.below(256)));
  }
}
