/** The consumer of the dead-letter queue: a row and a log line for each message that another consumer failed at. */
import type { Ctx } from '../context.ts';
import { deadLetters } from '../db/tables/dead-letters.ts';

/** How the name of every dead-letter queue ends, in wrangler.toml and in what `npm run deploy` makes of it. */
const SUFFIX = '-dead-letters';

/** Rows of one statement: D1 takes 100 parameters, and a row has five. */
const ROWS_PER_STATEMENT = 20;

/** Whether this queue holds what others gave up on. */
export function isDeadLetterQueue(queue: string): boolean {
  return queue.endsWith(SUFFIX);
}

/**
 * Writes the messages down and acknowledges them. Throws when they cannot be written, so that the queue delivers them again;
 * one that was written before is left as it is.
 */
export async function keepDeadLetters(ctx: Ctx, batch: MessageBatch): Promise<void> {
  const rows = batch.messages.map(({ id, body, attempts, timestamp }) => ({
    id,
    body: JSON.stringify(body) ?? 'null',
    attempts,
    sentAt: timestamp.getTime(),
    receivedAt: ctx.now(),
  }));
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
    const some = rows.slice(at, at + ROWS_PER_STATEMENT);
    await ctx.db.insert(deadLetters).values(some).onConflictDoNothing();
  }
  for (const { id, attempts } of rows)
    ctx.log.error('queue.dead_letter', { queue: batch.queue, id, attempts });
  batch.ackAll();
}
