import { getTableColumns, inArray, notInArray, sql, type Table } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import type { Ctx } from '../../../worker/context.ts';
import { artifacts, placements } from '../../../worker/db/tables/artifacts.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { transfers } from '../../../worker/db/tables/transfers.ts';
import { startMigration } from '../../../worker/transfers/migrate-imports.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeWorkspace } from '../support/rows.ts';
import { makeDestination, makeImported, OFFLINE, succeed } from './imported.ts';

beforeEach(emptyTables);

it('writes the same number of rows for each of 300 files that migrate', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ ...OFFLINE, db });
  const workspaceId = await makeWorkspace(ctx);
  const { id: destinationId } = await makeDestination(ctx, workspaceId);
  await makeImported(ctx, { workspaceId });
  await copyImport(ctx, 299);
  await startMigration(ctx, { workspaceId, destinationId });
  const rowsWritten: number[] = [];
  for (let file = 0; file < 300; file++) {
    rowsWritten.push((await costOf(() => succeed(ctx, destinationId, `${file}.mp4`))).rowsWritten);
  }
  expect(await ctx.db.$count(transfers, inArray(transfers.status, ['stored']))).toBe(300);
  expect(Math.max(...rowsWritten)).toBeLessThanOrEqual(50);
}, 60_000);

it('writes each waiting file once when a destination that refused 100 files takes them again', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ ...OFFLINE, db });
  const workspaceId = await makeWorkspace(ctx);
  const { id: destinationId } = await makeDestination(ctx, workspaceId);
  await makeImported(ctx, { workspaceId });
  await copyImport(ctx, 99);
  await startMigration(ctx, { workspaceId, destinationId });
  await ctx.db
    .update(transfers)
    .set({ errorCode: 'storage_unavailable', nextAt: ctx.now() + 3600_000 })
    .where(notInArray(transfers.status, ['running']));
  const first = await costOf(() => succeed(ctx, destinationId, 'first.mp4'));
  const second = await costOf(() => succeed(ctx, destinationId, 'second.mp4'));
  expect(first.rowsWritten).toBeGreaterThan(96);
  expect(second.rowsWritten).toBeLessThanOrEqual(50);
});

/** Copies the only import of the tables, with its stored file. */
async function copyImport(ctx: Ctx, count: number): Promise<void> {
  const numbers = JSON.stringify(Array.from({ length: count }, (_, index) => index));
  const copy = (table: Table, changed: Record<string, ReturnType<typeof sql>>) => {
    const columns = Object.values(getTableColumns(table)).map(({ name }) => name);
    const values = columns.map((name) => changed[name] ?? sql.raw(name));
    return sql`INSERT INTO ${table} (${sql.raw(columns.join(', '))})
      SELECT ${sql.join(values, sql`, `)} FROM ${table}, (SELECT value AS copy FROM json_each(${numbers}))`;
  };
  const numbered = (column: string) => sql`${sql.raw(column)} || '-' || copy`;
  await ctx.db.run(copy(jobs, { id: numbered('jobs.id'), terminal_id: numbered('terminal_id') }));
  const own = { id: numbered('artifacts.id'), job_id: numbered('job_id') };
  await ctx.db.run(copy(artifacts, own));
  const placed = { id: numbered('placements.id'), job_id: numbered('job_id') };
  await ctx.db.run(copy(placements, { ...placed, artifact_id: numbered('artifact_id') }));
}
