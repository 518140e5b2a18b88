/** Many rows at the cost of one statement. In the columns that a caller changes, `copy` counts from 0. */
import { getTableColumns, sql, type SQL, type Table } from 'drizzle-orm';
import type { Ctx } from '../../../worker/context.ts';
import { artifacts, placements } from '../../../worker/db/tables/artifacts.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';

/** A text column with the number of the copy behind it. */
export const numbered = (column: string): SQL => sql`${sql.raw(column)} || '-' || copy`;

/** Copies every row of the table, or those that match. */
export async function copyRows(
  ctx: Ctx,
  table: Table,
  { count, changed, where = sql`1` }: { count: number; changed: Record<string, SQL>; where?: SQL },
): Promise<void> {
  const copies = JSON.stringify(Array.from({ length: count }, (_, index) => index));
  const columns = Object.values(getTableColumns(table)).map(({ name }) => name);
  const values = columns.map((name) => changed[name] ?? sql.raw(name));
  await ctx.db.run(sql`INSERT INTO ${table} (${sql.raw(columns.join(', '))})
    SELECT ${sql.join(values, sql`, `)} FROM ${table}, (SELECT value AS copy FROM json_each(${copies})) WHERE ${where}`);
}

/** Copies the only import of the tables with its stored file; `changed` are columns of its job. */
export async function copyImport(ctx: Ctx, count: number, changed: Record<string, SQL> = {}): Promise<void> {
  const own = { id: numbered('id'), job_id: numbered('job_id') };
  const terminalId = numbered('terminal_id');
  await copyRows(ctx, jobs, { count, changed: { id: numbered('id'), terminal_id: terminalId, ...changed } });
  await copyRows(ctx, artifacts, { count, changed: own });
  await copyRows(ctx, placements, { count, changed: { ...own, artifact_id: numbered('artifact_id') } });
}
