/** Checks of jobs and their attempts. */
import { d1, type Row } from '../../support/stack/local-state.ts';
import type { Sent } from '../clients.ts';
import type { Run } from './check.ts';

/** Defaults of the configuration. */
const MAX_FAILURES = 4;
/** Two crashes beside other jobs, and one alone. */
const CRASHES_UNTIL_BLAMED = 3;

export function everyJobEnded({ world }: Run): string[] {
  const sql = `SELECT id, kind, status, stage, attempt, failures, crashes, error_code FROM jobs WHERE status IN ('queued', 'processing')`;
  return d1(world.stateDirectory, sql).map((job) => JSON.stringify(job));
}

/** How a job ended: `completed`, `canceled`, or the code of its failure. */
const endOf = (job: Row): string => String(job['status'] === 'failed' ? job['error_code'] : job['status']);

export function endedAsPlanned({ world, sent }: Run): string[] {
  const jobs = d1(world.stateDirectory, `SELECT * FROM jobs WHERE kind <> 'store'`);
  const requests = new Map(sent.flatMap((one) => one.ids.map((id) => [id, one] as const)));
  return jobs.flatMap((job) => {
    const one = requests.get(String(job['batch_id'] ?? job['id']));
    const end = endOf(job);
    if (!one) return [`job ${String(job['id'])} belongs to no request`];
    if (one.planned.work.ends.includes(end) || mayBeLost(world.stateDirectory, job, end)) return [];
    return [`${one.planned.work.name} (${one.planned.name}, job ${String(job['id'])}) ended with ${end}`];
  });
}

/** A job may fail because its downloader was killed, but only as often as its budget says. */
function mayBeLost(stateDirectory: string, job: Row, end: string): boolean {
  const id = String(job['id']);
  const sql = `SELECT count(*) AS rows FROM attempts WHERE job_id = ? AND outcome = 'expired'`;
  const crashes = Number(d1(stateDirectory, sql, id)[0]?.['rows']);
  if (end === 'source_crashes_downloader') return crashes >= CRASHES_UNTIL_BLAMED;
  return end === 'downloader_lost' && crashes > 0 && Number(job['failures']) >= MAX_FAILURES;
}

/** Answers to a repeated request name the same job, and nobody asked for any other job. */
export function madeOnce({ world: { stateDirectory }, sent }: Run): string[] {
  const twins = sent.filter(({ ids }) => new Set(ids).size !== 1);
  const [known, stores] = [
    new Set(sent.flatMap(({ ids }) => ids)),
    new Set(sent.flatMap(({ storeIds }) => storeIds)),
  ];
  const rows = (sql: string) => d1(stateDirectory, sql).map((row) => String(row['id']));
  const made = rows(
    `SELECT id FROM jobs WHERE batch_id IS NULL AND kind <> 'store' UNION SELECT id FROM batches`,
  );
  const asked = rows(`SELECT store_job_id AS id FROM transfers WHERE reason = 'request'`);
  return [
    ...twins.map(({ planned, ids }) => `${planned.name} made ${ids.join(' and ')}`),
    ...made.filter((id) => !known.has(id)).map((id) => `nobody knows job ${id}`),
    ...[...known].filter((id) => !made.includes(id)).map((id) => `job ${id} does not exist`),
    ...asked.filter((id) => !stores.has(id)).map((id) => `nobody asked for store job ${id}`),
    ...sent.flatMap((one) => wrongItems(stateDirectory, one)),
  ];
}

/** A batch of three has three items, and a playlist that was read as well. */
function wrongItems(stateDirectory: string, { planned, ids }: Sent): string[] {
  if (planned.work.path !== '/batches') return [];
  const items = Number(
    d1(stateDirectory, 'SELECT count(*) AS rows FROM jobs WHERE batch_id = ?', ids[0]!)[0]?.['rows'],
  );
  const [playlist] = d1(stateDirectory, 'SELECT status FROM jobs WHERE id = ?', ids[0]!);
  const isRight = items === 3 || (items === 0 && playlist?.['status'] === 'failed');
  return isRight ? [] : [`the batch of ${planned.name} has ${items} items`];
}

/** Attempts are numbered without a gap, each is closed, and failures are those that the attempts show. The one that completes a job is part of its row. */
export function withinBudget({ world: { stateDirectory } }: Run): string[] {
  const sql = `WITH ended AS (SELECT job_id, attempt, outcome, ended_at FROM attempts
      UNION ALL SELECT id, attempt, status, finished_at FROM jobs WHERE completed_in IS NOT NULL)
    SELECT j.id, j.attempt, j.failures, count(a.attempt) AS rows, coalesce(max(a.attempt), 0) AS last,
      sum(a.outcome IS NULL OR a.ended_at IS NULL) AS open, coalesce(sum(a.outcome IN ('failed', 'expired')), 0) AS failed
    FROM jobs AS j LEFT JOIN ended AS a ON a.job_id = j.id GROUP BY j.id`;
  return d1(stateDirectory, sql).flatMap((row) => {
    const { attempt, failures, rows, last, open, failed } = row as Record<string, number>;
    const isRight =
      rows === attempt &&
      last === attempt &&
      (open === 0 || rows === 0) &&
      failures === failed &&
      failures! <= MAX_FAILURES;
    return isRight ? [] : [JSON.stringify(row)];
  });
}
