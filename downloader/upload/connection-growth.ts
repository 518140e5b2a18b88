/** Decides how many connections read one source: more only while they make it faster. Pure. */

/** Milliseconds in which new connections open and reach their speed; they are not measured. */
const SETTLE_MS = 300;
/** Milliseconds and bytes of one measurement, at least. Fewer bytes come in bursts; a slow source never gets a second connection by chance. */
const MEASURE_MS = 300;
const MEASURE_BYTES = 1024 * 1024;
/** The share of a proportional gain that new connections must bring: two instead of one must be 1.4 times as fast. */
const LEAST_SHARE = 0.4;
/** Milliseconds until connections that brought nothing are tried again: networks change. */
const TRY_AGAIN_MS = 15_000;

/** What a look at the transfer finds. */
export interface Look {
  nowMs: number;
  /** Bytes of the source so far. */
  totalBytes: number;
  /** Whether the source waits for the storage: then its speed says nothing. */
  isHeldBack: boolean;
}

/** Returns how many connections there should be, from 1 to `most`. Call it several times in each measurement. */
export function createGrowth(most: number): (look: Look) => number {
  let count = 1;
  /** The speed before the last connections were added, and their number then. */
  let before: { count: number; bytesPerMs: number } | null = null;
  let measured: { fromMs: number; fromBytes: number } | null = null;
  let notBeforeMs: number | null = null;

  const judge = (bytesPerMs: number, nowMs: number): void => {
    if (before && bytesPerMs < before.bytesPerMs * (1 + LEAST_SHARE * (count / before.count - 1))) {
      count = before.count;
      before = null;
      notBeforeMs = nowMs + TRY_AGAIN_MS;
      return;
    }
    before = count < most ? { count, bytesPerMs } : null;
    notBeforeMs = nowMs + (before ? SETTLE_MS : TRY_AGAIN_MS);
    count = Math.min(most, count * 2);
  };

  return ({ nowMs, totalBytes, isHeldBack }) => {
    notBeforeMs ??= nowMs + SETTLE_MS;
    if (nowMs < notBeforeMs) return count;
    if (isHeldBack || measured === null) {
      measured = { fromMs: nowMs, fromBytes: totalBytes };
      return count;
    }
    const [passedMs, bytes] = [nowMs - measured.fromMs, totalBytes - measured.fromBytes];
    if (passedMs < MEASURE_MS || bytes < MEASURE_BYTES) return count;
    judge(bytes / passedMs, nowMs);
    measured = null;
    return count;
  };
}
