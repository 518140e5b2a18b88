/** Pauses of slots whose downloader takes no jobs. They are rows, since every isolate must respect them. */
import { and, eq, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { slotPauses } from '../db/tables/slots.ts';
import { errorText } from '../error-text.ts';
import { openRoom } from './slots/slot-rooms.ts';

/** The first pause, in milliseconds. Each further one is twice as long. */
const FIRST_PAUSE_MS = 4_000;
const LONGEST_PAUSE_MS = 60_000;
/** More doublings than the longest pause needs. */
const MAX_DOUBLINGS = 10;

export type SlotPause = typeof slotPauses.$inferSelect;

/**
 * Pauses a slot that did not take a job; a pause that still lasts becomes no longer. Returns the seconds after which the
 * caller rings. Never throws: without its pause the slot is only tried too soon.
 */
export async function pauseSlot(
  ctx: Ctx,
  { slot, isSilent }: Pick<SlotPause, 'slot' | 'isSilent'>,
): Promise<number> {
  const now = ctx.now();
  const isOver = sql`${slotPauses.pausedUntil} <= ${now}`;
  const next = sql`${now} + min(${LONGEST_PAUSE_MS}, ${FIRST_PAUSE_MS} << min(${slotPauses.tries}, ${MAX_DOUBLINGS}))`;
  try {
    const [row] = await ctx.db
      .insert(slotPauses)
      .values({ slot, since: now, tries: 1, pausedUntil: now + FIRST_PAUSE_MS, isSilent })
      .onConflictDoUpdate({
        target: slotPauses.slot,
        set: {
          isSilent: sql`max(${slotPauses.isSilent}, excluded.is_silent)`,
          tries: sql`${slotPauses.tries} + (${isOver})`,
          pausedUntil: sql`CASE WHEN ${isOver} THEN ${next} ELSE ${slotPauses.pausedUntil} END`,
        },
      })
      .returning();
    if (row) return ringDelaySeconds(ctx, row);
  } catch (error) {
    ctx.log.error('slot.pause_failed', { slot, error: errorText(error) });
  }
  return ringDelaySeconds(ctx, { pausedUntil: now + FIRST_PAUSE_MS });
}

/** Extends a pause that is over, for the one caller that may try the slot now; null for all others. */
export async function takeTry(ctx: Ctx, { slot, pausedUntil, tries }: SlotPause): Promise<SlotPause | null> {
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries, MAX_DOUBLINGS));
  const [row] = await ctx.db
    .update(slotPauses)
    .set({ tries: tries + 1, pausedUntil: ctx.now() + pauseMs })
    .where(and(eq(slotPauses.slot, slot), eq(slotPauses.pausedUntil, pausedUntil)))
    .returning();
  return row ?? null;
}

/** Records whether the try got an answer. */
export async function recordTry(
  ctx: Ctx,
  { slot, isSilent }: Pick<SlotPause, 'slot' | 'isSilent'>,
): Promise<void> {
  await ctx.db.update(slotPauses).set({ isSilent }).where(eq(slotPauses.slot, slot));
}

/** The slot takes jobs again. */
export async function endPause(ctx: Ctx, { slot, since }: SlotPause): Promise<void> {
  await ctx.db.batch([ctx.db.delete(slotPauses).where(eq(slotPauses.slot, slot)), openRoom(ctx, slot)]);
  ctx.log.info('slot.resumed', { slot, pausedSeconds: Math.round((ctx.now() - since) / 1000) });
}

/** A ring so late comes surely after the pause. */
export function ringDelaySeconds(ctx: Ctx, { pausedUntil }: Pick<SlotPause, 'pausedUntil'>): number {
  return Math.ceil((pausedUntil - ctx.now()) / 1000) + 1;
}
