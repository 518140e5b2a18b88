/** Ends a playlist job: the imports of its entries are made in the batch of its end, so that a repeated report doubles none. */
import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { AttemptRef } from '../../attempts/attempt-token.ts';
import { isOwnedBy } from '../../attempts/fence.ts';
import { findJob } from '../../attempts/live-attempt.ts';
import type { Ctx } from '../../context.ts';
import { judgeHost, parseEgressAllow, portOf } from '../../contract/address-policy.ts';
import type { Playlist } from '../../contract/downloader/playlist.ts';
import type { JobRow } from '../../db/rows.ts';
import { batches } from '../../db/tables/batches.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { insertItems, type NewItem } from '../batches/insert-items.ts';
import { importsRefusal, mayAddImports } from '../batches/room-for-imports.ts';
import { kindOf } from '../kinds/kinds.ts';
import { endAttempt } from './end-attempt.ts';
import { finish } from './transitions.ts';

interface Result {
  ref: AttemptRef;
  playlist: Playlist;
}

/**
 * Null when the attempt no longer owns the job, or the job is being canceled. When the workspace has no room for the imports,
 * the attempt fails, and the playlist is read again later unless it cannot pay for them.
 */
export async function completePlaylist(ctx: Ctx, { ref, playlist }: Result): Promise<JobRow | null> {
  const job = await findJob(ctx, ref.jobId);
  const batch = await ctx.db.query.batches.findFirst({ where: eq(batches.id, ref.jobId) });
  if (!job || !batch) return null;
  const { workspaceId } = job;
  const items = itemsOf(ctx, playlist, batch.options ?? {});
  const room = ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(mayAddImports(ctx, { workspaceId, count: items.length }));
  const completed = await finish(ctx, {
    job,
    status: 'completed',
    guard: and(isOwnedBy(ref, false), sql`EXISTS ${room}`),
    attemptEnd: { outcome: 'completed', source: playlist.source },
    bill: kindOf(job).bill(ctx.config, 0),
    title: playlist.title,
    alongside: (isEnded) => expansion(ctx, { job, items, playlist, isEnded }),
  });
  if (completed) return completed;
  const { code } = await importsRefusal(ctx, { workspaceId, count: items.length });
  return endAttempt(ctx, { job, loss: { outcome: 'failed', failure: { code } } });
}

/** Entries with an address that is not allowed are left out. */
function itemsOf(ctx: Ctx, { urls }: Playlist, options: Partial<NewItem['request']>): NewItem[] {
  const allow = parseEgressAllow(ctx.config.EGRESS_ALLOW);
  return urls
    .map((text) => new URL(text))
    .filter((url) => url.username === '' && url.password === '')
    .filter((url) => judgeHost(allow, 'source', url.hostname, portOf(url)).allowed)
    .map((url) => ({ request: { ...options, url: url.href } }));
}

interface Expansion {
  job: JobRow;
  items: NewItem[];
  playlist: Playlist;
  isEnded: SQL | undefined;
}

function expansion(ctx: Ctx, { job, items, playlist, isEnded }: Expansion): BatchItem<'sqlite'>[] {
  const { id: batchId, workspaceId, createdBy } = job;
  const exists = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${isEnded})`;
  const { entriesFound } = playlist;
  return [
    ctx.db
      .update(batches)
      .set({ entriesFound })
      .where(and(eq(batches.id, batchId), exists)),
    ...insertItems(ctx, { workspaceId, batchId, createdBy, items, exists }),
  ];
}
