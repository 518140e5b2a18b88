/** Migrations: copies all files of a workspace from service storage to one destination. */
import { and, desc, eq, gt, isNotNull, isNull, ne, or, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { artifacts, placements } from '../db/tables/artifacts.ts';
import { jobs } from '../db/tables/jobs.ts';
import { transfers } from '../db/tables/transfers.ts';
import { isArtifactOfPlacement } from '../db/upload-keys.ts';
import { isListedImport } from '../db/visible-job.ts';
import { boundRow } from '../db/bound-row.ts';
import { startDueTransfers } from './start-due-transfers.ts';

/** Counts of files. `total` = `done` + `failed` + `remaining`. */
export interface MigrationProgress {
  total: number;
  done: number;
  failed: number;
  remaining: number;
}

/**
 * Queues a transfer to the destination for every file that the workspace has in service storage, also for files whose
 * earlier transfer failed. A repeated call starts a new count, of the files that remain. The destination must belong to
 * the workspace.
 */
export async function startMigration(
  ctx: Ctx,
  { workspaceId, destinationId }: { workspaceId: string; destinationId: string },
): Promise<MigrationProgress> {
  const migrationId = ctx.newId();
  await ctx.db.batch([
    ctx.db
      .insert(transfers)
      .select(filesInService(ctx, { workspaceId, destinationId, migrationId }))
      .onConflictDoUpdate({
        target: [transfers.importId, transfers.destinationId],
        set: {
          migrationId,
          status: sql`CASE WHEN ${transfers.status} = 'failed' THEN 'waiting' ELSE ${transfers.status} END`,
          reason: sql`CASE WHEN ${transfers.reason} = 'request' THEN 'migration' ELSE ${transfers.reason} END`,
          nextAt: sql`min(${transfers.nextAt}, ${ctx.now()})`,
        },
        setWhere: ne(transfers.status, 'stored'),
      }),
  ]);
  await startDueTransfers(ctx, workspaceId);
  return countMigration(ctx, workspaceId, migrationId);
}

/** The progress of the latest migration of the workspace. All counts are 0 when there was none. */
export async function readMigration(ctx: Ctx, workspaceId: string): Promise<MigrationProgress> {
  const [latest] = await ctx.db
    .select({ migrationId: transfers.migrationId })
    .from(transfers)
    .where(and(eq(transfers.workspaceId, workspaceId), isNotNull(transfers.migrationId)))
    // Ids sort by time.
    .orderBy(desc(transfers.migrationId))
    .limit(1);
  return countMigration(ctx, workspaceId, latest?.migrationId ?? '');
}

function filesInService(
  ctx: Ctx,
  {
    workspaceId,
    destinationId,
    migrationId,
  }: Record<'workspaceId' | 'destinationId' | 'migrationId', string>,
) {
  const now = ctx.now();
  const row = boundRow(transfers, {
    importId: '',
    destinationId,
    workspaceId,
    reason: 'migration',
    status: 'waiting',
    migrationId,
    nextAt: now,
    createdAt: now,
  });
  return ctx.db
    .select({ ...row, importId: jobs.id })
    .from(jobs)
    .innerJoin(placements, and(eq(placements.jobId, jobs.id), eq(placements.attempt, jobs.attempt)))
    .innerJoin(artifacts, and(isArtifactOfPlacement(), eq(artifacts.role, 'media')))
    .where(
      and(
        eq(jobs.workspaceId, workspaceId),
        isListedImport(),
        eq(jobs.status, 'completed'),
        isNull(placements.destinationId),
        eq(placements.status, 'stored'),
        or(isNull(placements.expiresAt), gt(placements.expiresAt, now)),
      ),
    );
}

async function countMigration(
  ctx: Ctx,
  workspaceId: string,
  migrationId: string,
): Promise<MigrationProgress> {
  const rows = await ctx.db
    .select({ status: transfers.status, count: sql<number>`count(*)` })
    .from(transfers)
    .where(and(eq(transfers.workspaceId, workspaceId), eq(transfers.migrationId, migrationId)))
    .groupBy(transfers.status);
  const of = (status: string) => rows.find((row) => row.status === status)?.count ?? 0;
  const [done, failed, remaining] = [of('stored'), of('failed'), of('waiting') + of('running')];
  return { total: done + failed + remaining, done, failed, remaining };
}
