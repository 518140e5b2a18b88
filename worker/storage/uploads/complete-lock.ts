/** A lock on a placement, so that only one call at a time completes it. The call that has the lock renews it. */
import { and, eq, isNull, lte, or, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { isPlacement, type PlacementKey } from '../../db/upload-keys.ts';
import { errorText } from '../../error-text.ts';

/** How long a lock is valid without renewal, in milliseconds: when a Worker dies, the next call waits no longer. */
const LOCK_MS = 20_000;
/** Milliseconds between renewals: two may fail. */
const RENEW_EVERY_MS = 6_000;

export interface CompleteLock {
  placement: PlacementKey;
  /** `completingUntil` of the row, in unix milliseconds. */
  until: number;
}

/** When a lock that is taken or renewed now ends. */
export function lockEnd(ctx: Ctx): number {
  return ctx.now() + LOCK_MS;
}

/** Holds for rows of `placements` that no running call has locked. */
export function isUnlocked(ctx: Ctx): SQL | undefined {
  return or(isNull(placements.completingUntil), lte(placements.completingUntil, ctx.now()));
}

/** Renews the lock until the work settles, and releases it when the work throws. `lock` always says what the row says. */
export async function whileLocked<Result>(
  ctx: Ctx,
  { lock, work, renewEveryMs = RENEW_EVERY_MS }: LockedWork<Result>,
): Promise<Result> {
  let renewal = Promise.resolve();
  const timer = setInterval(() => {
    renewal = renewal.then(() => move(ctx, lock, lockEnd(ctx)));
  }, renewEveryMs);
  const stop = async () => {
    clearInterval(timer);
    await renewal;
  };
  try {
    const result = await work;
    await stop();
    return result;
  } catch (error) {
    await stop();
    await releaseLock(ctx, lock);
    throw error;
  }
}

interface LockedWork<Result> {
  lock: CompleteLock;
  work: Promise<Result>;
  renewEveryMs?: number | undefined;
}

/** Lets the next call complete the upload at once. */
export function releaseLock(ctx: Ctx, lock: CompleteLock): Promise<void> {
  return move(ctx, lock, ctx.now());
}

/** Never throws: a lock that is neither renewed nor released ends after LOCK_MS. */
async function move(ctx: Ctx, lock: CompleteLock, until: number): Promise<void> {
  const { placement } = lock;
  try {
    await ctx.db
      .update(placements)
      .set({ completingUntil: until })
      .where(and(isPlacement(placement), eq(placements.completingUntil, lock.until)));
    lock.until = until;
  } catch (error) {
    ctx.log.error('storage.complete_lock_failed', { placementId: placement.id, error: errorText(error) });
  }
}
