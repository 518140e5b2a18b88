/** The doorbell: a queue message that says only that there may be work. */
import type { Ctx } from '../context.ts';
import { errorText } from '../error-text.ts';

/** The longest delay of a queue message, in seconds (Cloudflare Queues: 24 h). */
const MAX_DELAY_SECONDS = 86_400;

/**
 * Wakes the consumer that starts jobs, at once or after a delay. Never throws: the job is safe in its row, and the next
 * sweep rings again.
 */
export async function ring(ctx: Ctx, delaySeconds = 0): Promise<void> {
  try {
    await ctx.doorbell.send(ctx.database === 0 ? { ring: true } : { ring: true, database: ctx.database }, {
      delaySeconds: Math.min(Math.ceil(delaySeconds), MAX_DELAY_SECONDS),
    });
  } catch (error) {
    ctx.log.error('doorbell.ring_failed', { error: errorText(error) });
  }
}
