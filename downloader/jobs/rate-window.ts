/** The mean rate of a counter over its last seconds, looked at once a second. Pure. */

export interface RateWindow {
  /** A second has passed in which the counter came to this many bytes. */
  add(bytesDone: number): void;
  /** The counter came to this many bytes in time that does not count. */
  skipTo(bytesDone: number): void;
  /** Null until as many seconds have passed as the window has. */
  bytesPerSecond(): number | null;
}

export function createRateWindow(windowSeconds: number): RateWindow {
  let deltas: number[] = [];
  let last = 0;
  return {
    add(bytesDone) {
      // A counter that went back belongs to a new reading.
      if (bytesDone < last) deltas = [];
      else deltas.push(bytesDone - last);
      if (deltas.length > windowSeconds) deltas.shift();
      last = bytesDone;
    },
    skipTo(bytesDone) {
      last = bytesDone;
    },
    bytesPerSecond() {
      if (deltas.length < windowSeconds) return null;
      return deltas.reduce((sum, bytes) => sum + bytes, 0) / windowSeconds;
    },
  };
}
