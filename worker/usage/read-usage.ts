/** Sums over the ledger of a workspace. Nothing else stores usage, so it cannot differ from the bills. */
import { sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { UsageGroup } from '../contract/api/usage.ts';
import type { Code } from '../contract/codes.ts';
import type { JobStatus } from '../contract/job.ts';
import { ledger } from '../db/tables/ledger.ts';
import { invalidFields } from '../errors.ts';
import { billsIn } from './bill-range.ts';

/** The most rows of an answer. */
const MAX_ROWS = 10_000;

export interface UsageQuery {
  workspaceId: string;
  /** Jobs that ended at this time or later, and before that one, in unix milliseconds. */
  from: number;
  to: number;
  groupBy: readonly UsageGroup[];
}

/** The sums of a group of ended jobs. */
export interface UsageSums {
  jobs: number;
  completed: number;
  failed: number;
  canceled: number;
  bytes: number;
  freeBytes: number;
  microdollars: number;
  /** The number of failed jobs by code. */
  failures: Partial<Record<Code, number>>;
}

export interface UsageRow extends UsageSums {
  group: Partial<Record<UsageGroup, string | null>>;
}

const GROUPS: Record<UsageGroup, SQL<string | null>> = {
  day: sql`strftime('%Y-%m-%d', ${ledger.createdAt} / 1000, 'unixepoch')`,
  key: sql`${ledger.keyId}`,
  kind: sql`${ledger.kind}`,
  destination: sql`${ledger.destination}`,
  host: sql`${ledger.host}`,
};

/** A row for each group, in order. AppError `invalid_request` when there are too many. */
export async function readUsage(ctx: Ctx, query: UsageQuery): Promise<UsageRow[]> {
  const rows = new Map<string, UsageRow>();
  for (const part of await readParts(ctx, query)) {
    const group = Object.fromEntries(query.groupBy.map((name) => [name, part[name]]));
    const key = JSON.stringify(group);
    const row = rows.get(key) ?? { group, ...emptySums() };
    rows.set(key, row);
    addTo(row, partSums(part));
  }
  return [...rows.values()];
}

/** The sums of all rows. */
export function totalOf(rows: readonly UsageRow[]): UsageSums {
  const total = emptySums();
  for (const row of rows) addTo(total, row);
  return total;
}

type Part = Record<UsageGroup, string | null> &
  Pick<UsageSums, 'jobs' | 'bytes' | 'freeBytes' | 'microdollars'> & { status: JobStatus; code: Code | null };

async function readParts(ctx: Ctx, { workspaceId, from, to, groupBy }: UsageQuery): Promise<Part[]> {
  const chosen = groupBy.map((name) => GROUPS[name]);
  const parts = await ctx.db
    .select({
      ...(Object.fromEntries(groupBy.map((name) => [name, GROUPS[name]])) as typeof GROUPS),
      status: ledger.status,
      code: ledger.code,
      jobs: sql<number>`count(*)`,
      bytes: sql<number>`sum(${ledger.bytes})`,
      freeBytes: sql<number>`sum(${ledger.freeBytes})`,
      microdollars: sql<number>`sum(${ledger.microdollars})`,
    })
    .from(billsIn(ctx, { workspaceId, from, to }))
    .groupBy(...chosen, ledger.status, ledger.code)
    .orderBy(...chosen, ledger.status, ledger.code)
    .limit(MAX_ROWS + 1);
  if (parts.length <= MAX_ROWS) return parts;
  const message = `groupBy would make more than ${MAX_ROWS} rows; choose fewer groups or fewer days`;
  throw invalidFields([{ field: 'groupBy', message }]);
}

function partSums({ status, code, jobs, bytes, freeBytes, microdollars }: Part): UsageSums {
  const sums = { ...emptySums(), jobs, bytes, freeBytes, microdollars };
  if (status === 'completed' || status === 'failed' || status === 'canceled') sums[status] = jobs;
  if (code !== null) sums.failures[code] = jobs;
  return sums;
}

function emptySums(): UsageSums {
  const counts = { jobs: 0, completed: 0, failed: 0, canceled: 0 };
  return { ...counts, bytes: 0, freeBytes: 0, microdollars: 0, failures: {} };
}

function addTo(sums: UsageSums, { failures, ...added }: UsageSums): void {
  for (const name of [
    'jobs',
    'completed',
    'failed',
    'canceled',
    'bytes',
    'freeBytes',
    'microdollars',
  ] as const)
    sums[name] += added[name];
  for (const [code, count] of Object.entries(failures) as [Code, number][])
    sums.failures[code] = (sums.failures[code] ?? 0) + count;
}
