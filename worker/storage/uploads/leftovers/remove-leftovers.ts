/** Removes what ended attempts left in storage, in bounded time however many storages do not answer. */
import type { AttemptRef } from '../../../attempts/attempt-token.ts';
import type { Ctx } from '../../../context.ts';
import type { PlacementRow } from '../../../db/rows.ts';
import { discardUpload } from './discard-upload.ts';
import { findLeftoversOf, findUnfinished } from './find-leftovers.ts';

export interface CleaningLimits {
  /** Called at the start. When the signal aborts, the last request ends and no other is sent. */
  deadline: () => AbortSignal;
  /** Destinations that are cleaned at the same time: a Worker has six connections. */
  destinations: number;
  /** Unfinished uploads that are removed, each at about three statements. */
  uploads: number;
}

const LIMITS: CleaningLimits = {
  deadline: () => AbortSignal.timeout(20_000),
  destinations: 4,
  uploads: 80,
};

/**
 * Removes leftovers of these attempts, which have just ended, and of all earlier ones. A destination that does not
 * answer is left alone after its first time-out, until the next sweep. Throws when the database does not answer.
 */
export async function removeLeftovers(
  ctx: Ctx,
  { ended, limits = LIMITS }: { ended: AttemptRef[]; limits?: CleaningLimits | undefined },
): Promise<void> {
  const rows = [...(await findLeftoversOf(ctx, ended)), ...(await findUnfinished(ctx, limits.uploads))];
  const waiting = groupByDestination(rows);
  const deadline = limits.deadline();
  const bounded = { ...ctx, fetch: fetchUntil(ctx.fetch, deadline) };
  const cleanNext = async () => {
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      await discardAll(bounded, group, deadline);
    }
  };
  await Promise.all(Array.from({ length: limits.destinations }, cleanNext));
}

/** The leftovers of each destination; the same one may be found twice. */
function groupByDestination(rows: PlacementRow[]): PlacementRow[][] {
  const distinct = new Map(rows.map((row) => [row.id, row]));
  return [...Map.groupBy(distinct.values(), ({ destinationId }) => destinationId).values()];
}

/** The same fetch, whose requests also end with the deadline. */
function fetchUntil(send: typeof fetch, deadline: AbortSignal): typeof fetch {
  return (input, init) => {
    const signals = init?.signal ? [init.signal, deadline] : [deadline];
    return send(input, { ...init, signal: AbortSignal.any(signals) });
  };
}

async function discardAll(ctx: Ctx, rows: PlacementRow[], deadline: AbortSignal): Promise<void> {
  for (const row of rows) {
    if (deadline.aborted) return;
    if ((await discardUpload(ctx, row, deadline)) === 'unreachable') return;
  }
}
