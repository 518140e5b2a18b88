/** What a heartbeat writes besides the lease. Its reports are the table `report` of job_id, attempt and stage. */
import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { DownloaderProcess } from '../contract/downloader/process-header.ts';
import type { Heartbeat } from '../contract/downloader/report.ts';
import { jobs } from '../db/tables/jobs.ts';
import { slots } from '../db/tables/slots.ts';
import { boundRow } from '../db/bound-row.ts';

/**
 * The columns that say when the attempt was first known to run, and when each stage was first reported, at `now`. `isNew`: one of them is
 * not known yet.
 */
export function stageTimes(now: number) {
  const { acceptedAt, resolvingAt, downloadingAt, mergingAt, uploadingAt, verifyingAt } = jobs;
  const first = (stage: string, column: typeof resolvingAt) =>
    sql`CASE WHEN report.stage = ${stage} THEN coalesce(${column}, ${now}) ELSE ${column} END`;
  const known = sql`CASE report.stage WHEN 'resolving' THEN ${resolvingAt} WHEN 'downloading' THEN ${downloadingAt}
    WHEN 'merging' THEN ${mergingAt} WHEN 'uploading' THEN ${uploadingAt} ELSE ${verifyingAt} END`;
  return {
    isNew: sql`(${acceptedAt} IS NULL OR (${known}) IS NULL)`,
    columns: {
      acceptedAt: sql`coalesce(${acceptedAt}, ${now})`,
      resolvingAt: first('resolving', resolvingAt),
      downloadingAt: first('downloading', downloadingAt),
      mergingAt: first('merging', mergingAt),
      uploadingAt: first('uploading', uploadingAt),
      verifyingAt: first('verifying', verifyingAt),
    },
  };
}

/** A slot that has not changed is written once in so many milliseconds. */
const SEEN_EVERY_MS = 60_000;

/**
 * Stores the report of a slot about itself, if one of the reported attempts runs in that slot, at most once a minute while nothing
 * changes. Returns a row when it did.
 */
export function markSlot(
  ctx: Ctx,
  { slot, capacity, versions }: Heartbeat,
  sender: DownloaderProcess | null,
  reported: SQL,
) {
  const now = ctx.now();
  const runsThere = sql`EXISTS (SELECT 1 FROM ${reported} WHERE report.job_id = ${jobs.id} AND report.attempt = ${jobs.attempt})`;
  const values = { capacity, versions, lastSeenAt: now, processId: sender?.id ?? null };
  const hasChanged = sql`(${slots.capacity} <> excluded.capacity OR ${slots.versions} <> excluded.versions OR ${slots.processId} IS NOT excluded.process_id)`;
  return ctx.db
    .insert(slots)
    .select(
      ctx.db
        .select(boundRow(slots, { slot, ...values }))
        .from(jobs)
        .where(and(eq(jobs.slot, slot), eq(jobs.status, 'processing'), runsThere))
        .limit(1),
    )
    .onConflictDoUpdate({
      target: slots.slot,
      set: values,
      setWhere: sql`${slots.lastSeenAt} <= ${now - SEEN_EVERY_MS} OR ${hasChanged}`,
    })
    .returning({ slot: slots.slot });
}
