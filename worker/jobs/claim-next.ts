import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { EXTRA_PLACES } from '../contract/downloader/extra-places.ts';
import { isPageSlot } from '../contract/downloader/slot-names.ts';
import { JobKind, statusesBefore } from '../contract/job.ts';
import type { JobRow } from '../db/rows.ts';
import { attempts, jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { boundRow } from '../db/bound-row.ts';
import { leaseEnd } from '../attempts/lease.ts';
import { dueAt, NEVER, runsAlone } from './alone/crashes.ts';
import { reservedJob } from './alone/reservations.ts';

/**
 * The column that says when the next job of a workspace is due, and the jobs that it stands for. `claimable` has exactly the WHERE terms of the index
 * `workspaces_claimable` or `workspaces_page_claimable`: otherwise SQLite does not use the partial index.
 */
const QUEUES = { files: queueOf('next_due_at', false), pages: queueOf('next_page_due_at', true) };

function queueOf(due: string, isPage: boolean) {
  return {
    due: sql.raw(due),
    claimable: sql.raw(`${due} IS NOT NULL AND running < max_concurrent`),
    isPage: sql.raw(isPage ? '1' : '0'),
  };
}
type Queue = typeof QUEUES.files;

interface Claim {
  slot: string;
  /** Jobs that run in the slot at once, without the extra place; JOBS_PER_SLOT by default. */
  jobsPerSlot?: number;
  /** Whether to claim a page. By default only a slot for pages does. */
  pages?: boolean;
  /** The kinds of job that the downloader knows; all by default. */
  kinds?: readonly string[];
}

/**
 * Claims the next job for the slot. Null when no job is due, every workspace with due jobs is at its limit, or the slot
 * is full. The workspace with the fewest running jobs comes first, with its job that has been due the longest: a single one
 * before the items of its batches. A full slot has an extra place, which only a workspace that runs nothing there gets. A slot that is reserved for a job that runs
 * alone takes only this one, when nothing else runs there. One guarded statement takes the job, so two callers never get
 * the same one. The row of the attempt is in the same batch.
 */
export async function claimNext(
  ctx: Ctx,
  { slot, jobsPerSlot = ctx.config.JOBS_PER_SLOT, pages = isPageSlot(slot), kinds }: Claim,
): Promise<JobRow | null> {
  const now = ctx.now();
  const queue = pages ? QUEUES.pages : QUEUES.files;
  const place = { slot, jobsPerSlot, now, queue, kinds: kinds && isKindIn(kinds) };
  const [claimed] = await ctx.db.batch([
    ctx.db
      .update(jobs)
      .set({
        status: 'processing',
        stage: 'resolving',
        attempt: sql`${jobs.attempt} + 1`,
        slot,
        leaseUntil: leaseEnd(now),
        startedAt: sql`coalesce(${jobs.startedAt}, ${now})`,
        bytesDone: 0,
        bytesTotal: null,
        heldBytes: null,
      })
      .where(
        and(
          sql`${jobs.id} = coalesce(${reservedJob(ctx, place)}, (${nextJob(place)}))`,
          inArray(jobs.status, statusesBefore('processing')),
          mayRunAlone(place),
        ),
      )
      .returning(),
    insertAttempt(ctx, slot, now),
  ]);
  const [job] = claimed;
  if (job) logClaim(ctx, job);
  return job ?? null;
}

function logClaim(ctx: Ctx, job: JobRow): void {
  const { id: jobId, attempt, workspaceId, kind, slot, failures } = job;
  const waitedMs = ctx.now() - dueAt(job);
  const alone = runsAlone(job) || undefined;
  ctx.log.info('job.claimed', { jobId, attempt, workspaceId, kind, slot, failures, waitedMs, alone });
}

/** Null when the downloader knows all kinds, which is the common case: the queue has no index by kind. */
function isKindIn(known: readonly string[]): SQL | undefined {
  if (JobKind.options.every((kind) => known.includes(kind))) return undefined;
  return sql`kind IN (SELECT value FROM json_each(${JSON.stringify(known)}))`;
}

interface Place {
  slot: string;
  jobsPerSlot: number;
  now: number;
  queue: Queue;
  /** The condition on the kind of a job. */
  kinds: SQL | undefined;
}

/** Due jobs of a workspace among which one of the known kinds is looked for. */
const MAX_LOOKED_AT = 500;

function nextJob(place: Place) {
  return sql`WITH next(id) AS MATERIALIZED (SELECT ${nextWorkspace(place)}) SELECT ${firstJob(place, sql`next.id`)} FROM next`;
}

/** A single job of the workspace comes before the items of its batches. Each is one look into an index. */
function firstJob({ now, queue, kinds }: Place, workspaceId: SQL): SQL {
  const due = (which: SQL) => sql`FROM ${jobs} AS due
    WHERE due.workspace_id = ${workspaceId} AND due.status = 'queued' AND due.is_page = ${queue.isPage} AND due.run_after <= ${now} AND ${which}
    ORDER BY due.run_after, due.id`;
  const first = (which: SQL) =>
    kinds
      ? sql`(SELECT id FROM (SELECT due.id, due.kind, due.run_after ${due(which)} LIMIT ${MAX_LOOKED_AT}) WHERE ${kinds} ORDER BY run_after, id LIMIT 1)`
      : sql`(SELECT due.id ${due(which)} LIMIT 1)`;
  return sql`coalesce(${first(sql`due.batch_id IS NULL`)}, ${first(sql`1`)})`;
}

/** In a full slot, only a workspace that runs nothing there: it does not wait for the jobs of one that has all places. */
function nextWorkspace(place: Place) {
  const { slot, jobsPerSlot } = place;
  const isHere = sql`w.id IN (SELECT here.workspace_id FROM ${jobs} AS here WHERE here.slot = ${slot} AND here.status = 'processing')`;
  return sql`CASE WHEN ${busyPlaces(place)} < ${jobsPerSlot} THEN (${firstDue(place, sql`1`)})
    WHEN ${busyPlaces(place)} < ${jobsPerSlot + EXTRA_PLACES} THEN (${firstDue(place, sql`NOT ${isHere}`)}) END`;
}

/**
 * Goes through the distinct values of `running`, smallest first, with one look into the index for each. Workspaces
 * whose jobs are not due yet are skipped without being read.
 */
function firstDue(place: Place, isAllowed: SQL) {
  const { now, kinds } = place;
  const { claimable, due } = place.queue;
  const hasJob = kinds ? sql`${firstJob(place, sql`w.id`)} IS NOT NULL` : sql`1`;
  return sql`WITH RECURSIVE level(running) AS (
      SELECT min(running) FROM ${workspaces} WHERE ${claimable}
      UNION ALL
      SELECT (SELECT min(w.running) FROM ${workspaces} AS w WHERE ${claimable} AND w.running > level.running)
      FROM level WHERE level.running IS NOT NULL
    ), first_due(id, running) AS (
      SELECT (SELECT w.id FROM ${workspaces} AS w
        WHERE ${claimable} AND w.running = level.running AND w.${due} <= ${now} AND ${isAllowed} AND ${hasJob}
        ORDER BY w.${due} LIMIT 1), level.running
      FROM level
    )
    SELECT id FROM first_due WHERE id IS NOT NULL ORDER BY running LIMIT 1`;
}

/** A job that runs alone needs an empty slot, and the common queue has not checked the limit of its workspace. */
function mayRunAlone(place: Place) {
  const mayStart = sql`EXISTS (SELECT 1 FROM ${workspaces} AS w WHERE w.id = ${jobs.workspaceId} AND w.running < w.max_concurrent)`;
  return sql`(${jobs.runAfter} < ${NEVER} OR (${busyPlaces(place)} = 0 AND ${mayStart}))`;
}

/** How many places of the slot are taken. A job that runs alone takes all of them. */
function busyPlaces({ slot, jobsPerSlot }: Place) {
  const all = jobsPerSlot + EXTRA_PLACES;
  return sql`(SELECT coalesce(sum(CASE WHEN busy.run_after < ${NEVER} THEN 1 ELSE ${all} END), 0)
    FROM ${jobs} AS busy WHERE busy.slot = ${slot} AND busy.status = 'processing')`;
}

/**
 * Every claim writes the row of its attempt in the same batch. So the only processing job of the slot without such a row
 * is the job that the previous statement claimed.
 */
function insertAttempt(ctx: Ctx, slot: string, now: number) {
  const row = boundRow(attempts, { jobId: '', attempt: 0, slot, claimedAt: now });
  return ctx.db.insert(attempts).select(
    ctx.db
      .select({ ...row, jobId: jobs.id, attempt: jobs.attempt })
      .from(jobs)
      .where(
        and(
          eq(jobs.slot, slot),
          eq(jobs.status, 'processing'),
          sql`NOT EXISTS (SELECT 1 FROM ${attempts} WHERE ${attempts.jobId} = ${jobs.id} AND ${attempts.attempt} = ${jobs.attempt})`,
        ),
      ),
  );
}
