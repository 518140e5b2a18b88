/** Decides how many connections read one source: more only while they make it faster. Pure. */

/** Each step multiplies the connections by this, so that a distant source is soon read at its full speed. */
const STEP = 3;
/** Milliseconds for new connections to bring their first bytes; later ones are not waited for. */
const OPEN_MS = 3000;
/** Milliseconds in which connections that have opened reach their speed, and bring what has waited in the network; they are not measured. */
const SETTLE_MS = 250;
/** Milliseconds and bytes of one measurement, at least. Fewer bytes come in bursts; a slow source never gets a second connection by chance. */
const MEASURE_MS = 250;
const MEASURE_BYTES = 1024 * 1024;
/** The share of a proportional gain that new connections must bring: three instead of one must be 1.5 times as fast. */
const LEAST_SHARE = 0.25;
/** Measurements in a row that must show no gain: other work of the machine slows single ones down. */
const MAX_LOOKS = 2;
/** Milliseconds until connections that brought nothing are tried again, since networks change; doubled each time. */
const TRY_AGAIN_MS = 5000;

/** What a look at the transfer finds. */
export interface Look {
  nowMs: number;
  /** Bytes of the source so far. */
  totalBytes: number;
  /** Connections that have brought bytes. */
  connections: number;
  /** Whether the source waits for the storage or for this process: then its speed says nothing, and more connections only cost. */
  isHeldBack: boolean;
}

/** Returns how many connections there should be, from 1 to `most`. Call it several times in each measurement. */
export function createGrowth(most: number): (look: Look) => number {
  let count = 1;
  /** The speed before the last connections were added, and their number then. */
  let before: { count: number; bytesPerMs: number } | null = null;
  /** Until when new connections are waited for. */
  let opensUntilMs: number | null = Infinity;
  let notBeforeMs = 0;
  let tryAgainMs = TRY_AGAIN_MS;
  let looks = 0;
  let measured: { fromMs: number; fromBytes: number } | null = null;

  const judge = (bytesPerMs: number, nowMs: number): void => {
    const least = before ? before.bytesPerMs * (1 + LEAST_SHARE * (count / before.count - 1)) : 0;
    const isFaster = bytesPerMs >= least;
    looks += 1;
    if (!isFaster && looks < MAX_LOOKS) return;
    looks = 0;
    if (isFaster && count < most) {
      before = { count, bytesPerMs };
      count = Math.min(most, count * STEP);
      opensUntilMs = nowMs + OPEN_MS;
      return;
    }
    if (before && !isFaster) count = before.count;
    before = null;
    notBeforeMs = nowMs + tryAgainMs;
    tryAgainMs *= 2;
  };

  /** Whether the connections can be measured now. */
  const isSettled = ({ nowMs, connections }: Look): boolean => {
    if (opensUntilMs !== null && (connections >= count || nowMs >= opensUntilMs)) {
      opensUntilMs = null;
      notBeforeMs = nowMs + SETTLE_MS;
    }
    return opensUntilMs === null && nowMs >= notBeforeMs;
  };

  return (look) => {
    const { nowMs, totalBytes, isHeldBack } = look;
    if (!isSettled(look)) return count;
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
