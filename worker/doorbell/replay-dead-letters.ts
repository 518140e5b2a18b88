/** Dead letters for the operator: what a queue gave up on, and a way to announce the work again. */
import { desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Ctx } from '../context.ts';
import { everyDatabase } from '../databases/every-database.ts';
import { deadLetters } from '../db/tables/dead-letters.ts';
import { AppError } from '../errors.ts';
import { ring } from './ring.ts';
import { wakeDeliveries } from './wake-deliveries.ts';

const DeliveryMessage = z.object({ endpointId: z.string(), eventId: z.string() });

export type DeadLetter = typeof deadLetters.$inferSelect;

/** The last ones, and how many there are. */
export async function readDeadLetters(
  ctx: Ctx,
  { limit }: { limit: number },
): Promise<{ letters: DeadLetter[]; total: number }> {
  const [letters, total] = await Promise.all([
    ctx.db
      .select()
      .from(deadLetters)
      .orderBy(desc(deadLetters.receivedAt), desc(deadLetters.id))
      .limit(limit),
    ctx.db.$count(deadLetters),
  ]);
  return { letters, total };
}

/**
 * Announces the work of the message again and removes its row: a delivery of a webhook by name, any other work by the doorbell.
 * Nothing is lost when the queue does not take the message, since the sweep finds the work. AppError `not_found`.
 */
export async function replayDeadLetter(ctx: Ctx, id: string): Promise<void> {
  const [letter] = await ctx.db.select().from(deadLetters).where(eq(deadLetters.id, id));
  if (!letter)
    throw new AppError('not_found', 'The message is not here any more: it was sent again or removed.');
  const delivery = DeliveryMessage.safeParse(JSON.parse(letter.body));
  if (delivery.success) await wakeDeliveries(ctx, [delivery.data]);
  else await ringAll(ctx);
  await ctx.db.delete(deadLetters).where(eq(deadLetters.id, id));
  ctx.log.info('queue.dead_letter_replayed', { id });
}

/** Which database a letter was for does not matter: a ring costs little. */
async function ringAll(ctx: Ctx): Promise<void> {
  for (const own of everyDatabase(ctx)) await ring(own);
}

/** The same for the last `limit` messages. Returns their number. */
export async function replayDeadLetters(ctx: Ctx, { limit }: { limit: number }): Promise<number> {
  const { letters } = await readDeadLetters(ctx, { limit });
  const deliveries = letters.flatMap(({ body }) => DeliveryMessage.safeParse(JSON.parse(body)).data ?? []);
  if (deliveries.length > 0) await wakeDeliveries(ctx, deliveries);
  if (deliveries.length < letters.length) await ringAll(ctx);
  const ids = JSON.stringify(letters.map(({ id }) => id));
  await ctx.db.delete(deadLetters).where(sql`${deadLetters.id} IN (SELECT value FROM json_each(${ids}))`);
  for (const { id } of letters) ctx.log.info('queue.dead_letter_replayed', { id });
  return letters.length;
}
