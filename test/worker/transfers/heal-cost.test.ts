import { eq, ne } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { transfers } from '../../../worker/db/tables/transfers.ts';
import { startMigration } from '../../../worker/transfers/migrate-imports.ts';
import { copyImport } from '../support/copy-rows.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeWorkspace } from '../support/rows.ts';
import { makeDestination, makeImported, OFFLINE, succeed } from './imported.ts';

beforeEach(emptyTables);

it('writes the same number of rows for each of 60 files that migrate', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ ...OFFLINE, db });
  const workspaceId = await makeWorkspace(ctx);
  const { id: destinationId } = await makeDestination(ctx, workspaceId);
  await makeImported(ctx, { workspaceId });
  await copyImport(ctx, 59);
  await startMigration(ctx, { workspaceId, destinationId });
  const rowsWritten: number[] = [];
  for (let file = 0; file < 60; file++) {
    rowsWritten.push((await costOf(() => succeed(ctx, destinationId, `${file}.mp4`))).rowsWritten);
  }
  expect(await ctx.db.$count(transfers, eq(transfers.status, 'stored'))).toBe(60);
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
    .where(ne(transfers.status, 'running'));
  const first = await costOf(() => succeed(ctx, destinationId, 'first.mp4'));
  const second = await costOf(() => succeed(ctx, destinationId, 'second.mp4'));
  expect(first.rowsWritten).toBeGreaterThan(96);
  expect(second.rowsWritten).toBeLessThanOrEqual(50);
});
