/** Forgets jobs that ended long ago: what stays of each is its row in the ledger, under 1 KiB. */
import { and, asc, inArray, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { events } from '../../db/tables/events.ts';
import { importDestinations, importWords } from '../../db/tables/import-lists.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';
import { transfers } from '../../db/tables/transfers.ts';
import { isArtifactOfPlacement } from '../../db/upload-keys.ts';
import { idPrefixOf } from '../../ids.ts';
import { EMPTY_JOB } from '../imports/delete-import.ts';
import { wordsOf, wordsOfUrl } from '../imports/search-words.ts';

const DAY_MS = 24 * 3600_000;
/** Jobs of one batch, and batches of one sweep. A job has up to 48 words, which are one bound value for all. */
const JOBS_PER_BATCH = 50;
const MAX_BATCHES = 4;
/** Rows that one statement deletes. */
const ROWS_PER_STATEMENT = 1000;

/** Bounded: the next sweep continues. A file that is still in storage keeps its rows until it is removed. */
export async function forgetOldJobs(ctx: Ctx): Promise<void> {
  const before = ctx.now() - ctx.config.HISTORY_DAYS * DAY_MS;
  await pruneRows(ctx, before);
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const old = await findOld(ctx, before);
    if (old.length > 0) await forget(ctx, old);
    if (old.length < JOBS_PER_BATCH) return;
  }
}

/**
 * Deletes old attempts that have ended, also of a job that still waits, and old events. Their keys begin with a job, and IDs of jobs sort
 * by time: old rows are those of old jobs, most of which are already forgotten.
 */
async function pruneRows(ctx: Ctx, before: number): Promise<void> {
  const oldest = (table: string, key: string, isOld: SQL) =>
    sql`(job_id, ${sql.raw(key)}) IN (SELECT job_id, ${sql.raw(key)} FROM ${sql.raw(table)}
      WHERE job_id < ${idPrefixOf(before)} AND ${isOld} LIMIT ${ROWS_PER_STATEMENT})`;
  const hasEnded = sql`claimed_at < ${before} AND ended_at IS NOT NULL`;
  await ctx.db.batch([
    ctx.db.delete(attempts).where(oldest('attempts', 'attempt', hasEnded)),
    ctx.db.delete(events).where(oldest('events', 'type', sql`created_at < ${before}`)),
  ]);
}

type OldJob = Pick<JobRow, 'id' | 'workspaceId' | 'request' | 'title'>;

/**
 * Old jobs have the smallest IDs, since IDs sort by time and forgotten jobs have no rows. A file that must still be copied keeps its
 * import, and one that is still in storage keeps the empty row.
 */
function findOld(ctx: Ctx, before: number): Promise<OldJob[]> {
  const { id, workspaceId, request, title, finishedAt, deletedAt } = jobs;
  const isCopied = sql`EXISTS (SELECT 1 FROM ${transfers} WHERE ${transfers.importId} = ${id} AND ${transfers.status} IN ('waiting', 'running'))`;
  const isOver = or(isNull(deletedAt), hasNoUpload());
  return ctx.db
    .select({ id, workspaceId, request, title })
    .from(jobs)
    .where(and(lt(id, idPrefixOf(before)), lt(finishedAt, before), sql`NOT ${isCopied}`, isOver))
    .orderBy(asc(id))
    .limit(JOBS_PER_BATCH);
}

function hasNoUpload(): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${placements} WHERE ${placements.jobId} = ${jobs.id})`;
}

async function forget(ctx: Ctx, old: OldJob[]): Promise<void> {
  const ids = sql`(SELECT value FROM json_each(${JSON.stringify(old.map(({ id }) => id))}))`;
  const isIn = (column: Parameters<typeof inArray>[0]): SQL => sql`${column} IN ${ids}`;
  await ctx.db.batch([
    ctx.db
      .update(jobs)
      .set({ ...EMPTY_JOB, terminalId: null, createdBy: null, retryOf: null, deletedAt: ctx.now() })
      .where(and(isIn(jobs.id), isNull(jobs.deletedAt))),
    ctx.db.delete(attempts).where(isIn(attempts.jobId)),
    ctx.db.delete(events).where(isIn(events.jobId)),
    ctx.db
      .update(placements)
      .set({ expiresAt: ctx.now() })
      .where(and(isIn(placements.jobId), sql`status = 'stored' AND destination_id IS NULL`)),
    ctx.db.delete(placements).where(and(isIn(placements.jobId), hasNothingToRemove())),
    ctx.db
      .delete(artifacts)
      .where(
        and(
          isIn(artifacts.jobId),
          sql`NOT EXISTS (SELECT 1 FROM ${placements} WHERE ${isArtifactOfPlacement()})`,
        ),
      ),
    ctx.db.delete(transfers).where(isIn(transfers.importId)),
    ctx.db.delete(importWords).where(isWordOf(old)),
    ctx.db.delete(importDestinations).where(isSentFrom(ids)),
    ctx.db.delete(jobs).where(and(isIn(jobs.id), hasNoUpload())),
  ]);
}

function hasNothingToRemove(): SQL | undefined {
  return or(
    sql`(status = 'stored' AND destination_id IS NOT NULL)`,
    inArray(placements.status, ['aborted', 'expired']),
  );
}

function isWordOf(old: OldJob[]): SQL {
  const rows = old.flatMap(({ id, workspaceId, request, title }) =>
    [...wordsOfUrl(request.url), ...wordsOf(title ?? '')].map((word) => [workspaceId, word, id]),
  );
  return sql`(workspace_id, word, import_id) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${JSON.stringify(rows)}))`;
}

/** Its key begins with the destination. */
function isSentFrom(ids: SQL): SQL {
  return sql`(destination_id, import_id) IN (SELECT own.id, job.id FROM ${jobs} AS job
    JOIN destinations AS own ON own.workspace_id = job.workspace_id WHERE job.id IN ${ids})`;
}
