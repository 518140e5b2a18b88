/** The mean rate of a counter over the last seconds, with one sample per second. Pure. */

export interface RateWindow {
  /** Adds the counter after one second. */
  add(bytesDone: number): void;
  /** Sets the counter after time that does not count. */
  skipTo(bytesDone: number): void;
  /** Null until the window is full. */
  bytesPerSecond(): number | null;
}

export function createRateWindow(windowSeconds: number): RateWindow {
  let deltas: number[] = [];
  let last = 0;
  return {
    add(bytesDone) {
      // The counter starts again when the source is read again.
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
