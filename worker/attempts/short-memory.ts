/** Values that an isolate keeps until a time, a bounded number of them: the oldest ones make room. */
export class ShortMemory<Value> {
  readonly #maxEntries: number;
  readonly #kept = new Map<string, { value: Value; untilMs: number }>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Undefined when it was not kept, or its time is over. */
  get(key: string, nowMs: number): Value | undefined {
    this.#forgetEnded(nowMs);
    return this.#kept.get(key)?.value;
  }

  /** The same for one use. */
  take(key: string, nowMs: number): Value | undefined {
    const value = this.get(key, nowMs);
    this.#kept.delete(key);
    return value;
  }

  keep(key: string, value: Value, { nowMs, untilMs }: { nowMs: number; untilMs: number }): void {
    this.#forgetEnded(nowMs);
    this.#kept.delete(key);
    this.#kept.set(key, { value, untilMs });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#maxEntries) break;
      this.#kept.delete(oldest);
    }
  }

  #forgetEnded(nowMs: number): void {
    for (const [key, { untilMs }] of this.#kept) if (untilMs <= nowMs) this.#kept.delete(key);
  }
}
