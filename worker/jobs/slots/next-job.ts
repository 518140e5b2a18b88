/** SQL that finds the next job for a slot. It reads a few rows, however long the queue is. */
import { sql, type SQL } from 'drizzle-orm';
import { EXTRA_PLACES } from '../../contract/downloader/extra-places.ts';
import { JobKind } from '../../contract/job.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { NEVER } from '../alone/crashes.ts';

/**
 * The column that says when the next job of a workspace is due, and the jobs that it stands for. `claimable` has exactly the WHERE terms of the index
 * `workspaces_claimable` or `workspaces_page_claimable`: otherwise SQLite does not use the partial index.
 */
const FILES = queueOf('next_due_at', false);
const PAGES = queueOf('next_page_due_at', true);

function queueOf(due: string, isPage: boolean) {
  return {
    due: sql.raw(due),
    claimable: sql.raw(`${due} IS NOT NULL AND running < max_concurrent`),
    isPage: sql.raw(isPage ? '1' : '0'),
  };
}

/** Where a job would run. */
export interface Place {
  /** The name of the slot, as a value or as an expression. */
  slot: string | SQL;
  /** Jobs that run in the slot at once, without the extra place. */
  places: number | SQL;
  pages: boolean;
  now: number | SQL;
  /** The condition on the kind of a job; undefined when the downloader knows all kinds. */
  kinds?: SQL | undefined;
}

/** Null when the downloader knows all kinds, which is the common case: the queue has no index by kind. */
export function isKindIn(known: readonly string[]): SQL | undefined {
  if (JobKind.options.every((kind) => known.includes(kind))) return undefined;
  return sql`kind IN (SELECT value FROM json_each(${JSON.stringify(known)}))`;
}

/** Due jobs of a workspace among which one of the known kinds is looked for. */
const MAX_LOOKED_AT = 500;

/**
 * The ID of the job for the next free place of a slot. The workspace with the fewest running jobs comes first, with its job that has
 * been due the longest. A full slot has an extra place, which only a workspace that runs nothing there gets.
 */
export function nextJob(place: Place): SQL {
  const workspace = sql`CASE WHEN ${busyPlaces(place)} < ${place.places} THEN (${firstDue(place, sql`1`)})
    WHEN ${busyPlaces(place)} < ${place.places} + ${EXTRA_PLACES} THEN (${otherWorkspace(place)}) END`;
  return jobOf(place, workspace);
}

/** The same for a place that is not the extra one. */
export function jobForPlace(place: Place): SQL {
  // The condition ties the search to the slot: without one, SQLite would search for nothing.
  return jobOf(place, sql`CASE WHEN ${place.slot} IS NOT NULL THEN (${firstDue(place, sql`1`)}) END`);
}

/** The same for the extra place. */
export function jobForExtraPlace(place: Place): SQL {
  return jobOf(place, sql`(${otherWorkspace(place)})`);
}

function jobOf(place: Place, workspace: SQL): SQL {
  return sql`WITH next(id) AS MATERIALIZED (SELECT ${workspace}) SELECT ${firstJob(place, sql`next.id`)} FROM next`;
}

/** A single job of the workspace comes before the items of its batches. Each is one look into the index `jobs_queue`. */
function firstJob({ now, pages, kinds }: Place, workspaceId: SQL): SQL {
  const { isPage } = pages ? PAGES : FILES;
  const due = (which: SQL) => sql`FROM ${jobs} AS due
    WHERE due.workspace_id = ${workspaceId} AND due.status = 'queued' AND due.is_page = ${isPage} AND due.run_after <= ${now} AND ${which}
    ORDER BY due.run_after, due.id`;
  const first = (which: SQL) =>
    kinds
      ? sql`(SELECT id FROM (SELECT due.id, due.kind, due.run_after ${due(which)} LIMIT ${sql.raw(String(MAX_LOOKED_AT))}) WHERE ${kinds} ORDER BY run_after, id LIMIT 1)`
      : sql`(SELECT due.id ${due(which)} LIMIT 1)`;
  return sql`coalesce(${first(sql`(due.batch_id IS NULL) = 1`)}, ${first(sql`(due.batch_id IS NULL) = 0`)})`;
}

/** A workspace that runs nothing in the slot does not wait for the jobs of one that has all places. */
function otherWorkspace(place: Place): SQL {
  const isHere = sql`w.id IN (SELECT here.workspace_id FROM ${jobs} AS here WHERE here.slot = ${place.slot} AND here.status = 'processing')`;
  return firstDue(place, sql`NOT ${isHere}`);
}

/**
 * Goes through the distinct values of `running`, smallest first, with one look into the index for each. Workspaces
 * whose jobs are not due yet are skipped without being read.
 */
function firstDue(place: Place, isAllowed: SQL): SQL {
  const { now, kinds, pages } = place;
  const { claimable, due } = pages ? PAGES : FILES;
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

/** How many places of the slot are taken. A job that runs alone takes all of them. */
export function busyPlaces({ slot, places }: Pick<Place, 'slot' | 'places'>): SQL {
  return sql`(SELECT coalesce(sum(CASE WHEN busy.run_after < ${NEVER} THEN 1 ELSE ${places} + ${EXTRA_PLACES} END), 0)
    FROM ${jobs} AS busy WHERE busy.slot = ${slot} AND busy.status = 'processing')`;
}

/** Whether the workspace of a job may start one. `alias` is the name of `jobs` in the statement. */
export function mayStart(alias: SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM ${workspaces} AS own WHERE own.id = ${alias}.workspace_id AND own.running < own.max_concurrent)`;
}
