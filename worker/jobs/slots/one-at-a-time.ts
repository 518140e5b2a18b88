/** Joins rings of the doorbell: however many arrive while one is answered, it is answered once more. */
import type { Ctx } from '../../context.ts';

/** After this many milliseconds without progress, the platform has stopped the work without a notice. */
const STUCK_MS = 20_000;

interface Turn {
  isRung: boolean;
  movedAt: number;
}

/** One for each isolate, whose context is always the same. */
const turns = new WeakMap<Ctx, Turn>();

/** Runs `round` until it returns false. A call meanwhile returns at once, and lets the running one look once more. */
export async function oneAtATime(ctx: Ctx, round: () => Promise<boolean>): Promise<void> {
  const running = turns.get(ctx);
  if (running && ctx.now() - running.movedAt < STUCK_MS) {
    running.isRung = true;
    return;
  }
  const turn: Turn = { isRung: false, movedAt: ctx.now() };
  turns.set(ctx, turn);
  try {
    let goesOn = true;
    while (goesOn) {
      turn.isRung = false;
      turn.movedAt = ctx.now();
      const foundMore = await round();
      goesOn = foundMore || isRung(turn);
    }
  } finally {
    if (turns.get(ctx) === turn) turns.delete(ctx);
  }
}

/** Another call may have changed it meanwhile. */
function isRung({ isRung: rung }: Turn): boolean {
  return rung;
}
