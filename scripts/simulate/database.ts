/** A D1 database: it does one call after another, in the order in which they came. */
import { CALLS, type CallName } from './constants.ts';
import type { Timeline } from './timeline.ts';

export interface DatabaseUse {
  calls: number;
  rowsRead: number;
  rowsWritten: number;
  busyMs: number;
  /** The longest that a call waited for those before it. */
  longestWaitMs: number;
}

/** Part of a call: for each of `count` jobs in it. */
export interface Extra {
  name: CallName;
  count: number;
}

export class Database {
  readonly use: DatabaseUse = {
    calls: 0,
    rowsRead: 0,
    rowsWritten: 0,
    busyMs: 0,
    longestWaitMs: 0,
  };
  #freeAtMs = 0;
  readonly #timeline: Timeline;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Does what this call of the control plane does, and then runs `done`. */
  call(name: CallName, done: () => void, extra?: Extra): void {
    const { calls, sqlMs } = CALLS[name];
    this.#count(name, 1);
    if (extra) this.#count(extra.name, extra.count);
    const extraMs = extra ? CALLS[extra.name].sqlMs * extra.count : 0;
    this.#next(calls, sqlMs / calls, extraMs, done);
  }

  /** The calls of one request follow each other: each waits again. */
  #next(calls: number, eachMs: number, extraMs: number, done: () => void): void {
    const { nowMs } = this.#timeline;
    const startMs = Math.max(nowMs, this.#freeAtMs);
    const tookMs = eachMs + extraMs;
    this.#freeAtMs = startMs + tookMs;
    this.use.busyMs += tookMs;
    this.use.longestWaitMs = Math.max(this.use.longestWaitMs, startMs - nowMs);
    this.#timeline.at(this.#freeAtMs, calls > 1 ? () => this.#next(calls - 1, eachMs, 0, done) : done);
  }

  #count(name: CallName, times: number): void {
    const { calls, rowsRead, rowsWritten } = CALLS[name];
    this.use.calls += calls * times;
    this.use.rowsRead += rowsRead * times;
    this.use.rowsWritten += rowsWritten * times;
  }
}
