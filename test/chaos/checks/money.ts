/** Checks of the ledger, of balances, and of counters. */
import { costMicrodollars } from '../../../worker/contract/cost.ts';
import { d1, type Row } from '../../support/stack/local-state.ts';
import type { Run } from './check.ts';

/** Defaults of the configuration, in dollars. */
const PRICE_PER_MB = 0.003;
const PRICE_METADATA_MICRODOLLARS = 10_000;

export function oneBill({ world: { stateDirectory } }: Run): string[] {
  const sql = `SELECT j.id, j.kind, j.status, l.status AS billed, l.bytes, l.free_bytes, l.microdollars, l.is_billed,
      j.cost_microdollars AS shown, (SELECT count(*) FROM ledger WHERE job_id = j.id) AS bills,
      (SELECT f.size_bytes FROM artifacts AS f WHERE f.job_id = j.id AND f.attempt = j.attempt AND f.role = 'media') AS size
    FROM jobs AS j LEFT JOIN ledger AS l ON l.job_id = j.id`;
  const orphans = d1(stateDirectory, 'SELECT job_id FROM ledger WHERE job_id NOT IN (SELECT id FROM jobs)');
  const wrong = d1(stateDirectory, sql).filter((row) => !isBilledRight(row));
  return [...wrong, ...orphans].map((row) => JSON.stringify(row));
}

function isBilledRight(row: Row): boolean {
  const { bills, billed, status, kind, microdollars, shown, is_billed: isBilled } = row;
  if (bills !== 1 || billed !== status || isBilled !== 1 || microdollars !== shown) return false;
  const [bytes, free, size] = [Number(row['bytes']), Number(row['free_bytes']), Number(row['size'])];
  if (status !== 'completed' || kind === 'store' || kind === 'playlist')
    return microdollars === 0 && bytes === 0;
  if (kind !== 'import') return microdollars === PRICE_METADATA_MICRODOLLARS && bytes === 0;
  const paid = costMicrodollars(bytes, PRICE_PER_MB) - costMicrodollars(free, PRICE_PER_MB);
  return bytes === size && free <= bytes && microdollars === Math.max(0, paid);
}

/** The balance of each workspace, and what `GET /usage` answers. */
export async function sumsAreRight({ world }: Run): Promise<string[]> {
  const sql = `SELECT w.spent_microdollars = coalesce(sum(l.microdollars), 0) AND w.free_bytes_used = coalesce(sum(l.free_bytes), 0) AS balance,
      count(*) AS jobs, coalesce(sum(l.bytes), 0) AS bytes, coalesce(sum(l.microdollars), 0) AS cost
    FROM workspaces AS w JOIN ledger AS l ON l.workspace_id = w.id WHERE w.id = ? GROUP BY w.id`;
  const problems: string[] = [];
  for (const { id, api } of world.workspaces) {
    const [ledger] = d1(world.stateDirectory, sql, id);
    const { total } = (await api.call('GET', '/usage')) as { total: Row };
    const isSame =
      total['jobs'] === ledger?.['jobs'] &&
      total['bytes'] === ledger?.['bytes'] &&
      total['costInMicrodollars'] === ledger?.['cost'];
    if (ledger?.['balance'] !== 1 || !isSame)
      problems.push(`${JSON.stringify(ledger)} is not ${JSON.stringify(total)}`);
  }
  return problems;
}

export function nothingIsHeld({ world: { stateDirectory } }: Run): string[] {
  const counters = d1(
    stateDirectory,
    `SELECT id, running, queued, next_due_at, next_page_due_at FROM workspaces
    WHERE running <> 0 OR queued <> 0 OR next_due_at IS NOT NULL OR next_page_due_at IS NOT NULL`,
  );
  // Only the held bytes of processing jobs count.
  const held = d1(
    stateDirectory,
    `SELECT id, held_bytes, lease_until, slot FROM jobs WHERE lease_until IS NOT NULL
    OR slot IS NOT NULL OR (held_bytes IS NOT NULL AND status = 'processing')`,
  );
  return [...counters, ...held].map((row) => JSON.stringify(row));
}

/** The counters of a batch are those of its items, and it has ended. */
export function batchesAddUp({ world: { stateDirectory } }: Run): string[] {
  const of = (status: string) => `(SELECT count(*) FROM jobs WHERE batch_id = b.id AND status = '${status}')`;
  const states = ['queued', 'processing', 'completed', 'failed', 'canceled'];
  const isSame = states.map((state) => `b.${state} = ${of(state)}`).join(' AND ');
  const sql = `SELECT b.id, b.finished_at, b.queued, b.processing, b.completed, b.failed, b.canceled,
      ${states.map((state) => `${of(state)} AS jobs_${state}`).join(', ')}
    FROM batches AS b WHERE b.finished_at IS NULL OR NOT (${isSame})`;
  return d1(stateDirectory, sql).map((row) => JSON.stringify(row));
}
