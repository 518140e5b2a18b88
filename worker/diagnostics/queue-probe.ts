/** A message through the doorbell queue and back, which shows that its consumer runs. */
import { and, eq, inArray, isNull, lt } from 'drizzle-orm';
import { z } from 'zod';
import type { Ctx } from '../context.ts';
import type { QueueProbe } from '../contract/api/diagnostics.ts';
import { queueProbes } from '../db/tables/queue-probes.ts';
import { errorText } from '../error-text.ts';
import { AppError } from '../errors.ts';

const ProbeMessage = z.object({ probe: z.string() });

/** How long a probe is kept, in milliseconds: a diagnosis reads it within a minute. */
const KEPT_MS = 24 * 3600_000;

/** Sends a message and answers its id; old probes of the workspace are removed on the way. Throws what D1 or the queue throws. */
export async function sendQueueProbe(ctx: Ctx, { workspaceId }: { workspaceId: string }): Promise<string> {
  const id = ctx.newId();
  const sentAt = ctx.now();
  await ctx.db.batch([
    ctx.db
      .delete(queueProbes)
      .where(and(eq(queueProbes.workspaceId, workspaceId), lt(queueProbes.sentAt, sentAt - KEPT_MS))),
    ctx.db.insert(queueProbes).values({ id, workspaceId, sentAt }),
  ]);
  await ctx.doorbell.send({ probe: id });
  return id;
}

/** Notes that the messages arrived; anything that is not a probe is skipped. Never throws: a lost note is a failed diagnosis. */
export async function receiveQueueProbes(ctx: Ctx, { bodies }: { bodies: unknown[] }): Promise<void> {
  const ids = bodies.flatMap((body) => {
    const message = ProbeMessage.safeParse(body);
    return message.success ? [message.data.probe] : [];
  });
  if (ids.length === 0) return;
  try {
    await ctx.db
      .update(queueProbes)
      .set({ receivedAt: ctx.now() })
      .where(and(inArray(queueProbes.id, ids), isNull(queueProbes.receivedAt)));
  } catch (error) {
    ctx.log.error('diagnostics.probe_lost', { error: errorText(error) });
  }
}

/** The probe of this workspace; AppError `not_found`. */
export async function readQueueProbe(
  ctx: Ctx,
  { workspaceId, probeId }: { workspaceId: string; probeId: string },
): Promise<QueueProbe> {
  const row = await ctx.db.query.queueProbes.findFirst({
    where: and(eq(queueProbes.id, probeId), eq(queueProbes.workspaceId, workspaceId)),
  });
  if (!row) throw new AppError('not_found', 'No such probe of the queue.');
  const roundTripMs = row.receivedAt === null ? null : Math.max(0, row.receivedAt - row.sentAt);
  return { probeId, roundTripMs };
}
