/** The limit of jobs that wait in one workspace: no API key can fill the database. */
import { and, eq, lte, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { selectRow } from '../db/bound-row.ts';
import { jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { AppError } from '../errors.ts';

/** Selects the row of the workspace while it may queue so many jobs more. */
export function hasQueueRoom(ctx: Ctx, workspaceId: string, count = 1): SQL | undefined {
  return and(eq(workspaces.id, workspaceId), lte(workspaces.queued, ctx.config.MAX_QUEUED_JOBS - count));
}

/** Inserts a job that is due at once, if its workspace has room for it and `isAllowed` selects its row. Returns its ID. */
export function insertQueued(
  ctx: Ctx,
  values: Omit<typeof jobs.$inferInsert, 'status' | 'runAfter'>,
  isAllowed?: SQL,
) {
  const hasRoom = and(hasQueueRoom(ctx, values.workspaceId), isAllowed);
  const row = { ...values, status: 'queued', runAfter: values.createdAt } as const;
  return ctx.db
    .insert(jobs)
    .select(selectRow(jobs, row, sql`FROM ${workspaces} WHERE ${hasRoom}`))
    .returning({ id: jobs.id });
}

/** AppError `queue_full` unless the workspace may queue another job. */
export async function requireQueueRoom(ctx: Ctx, workspaceId: string): Promise<void> {
  if ((await ctx.db.$count(workspaces, hasQueueRoom(ctx, workspaceId))) === 0) throw queueFull(ctx);
}

/** The refusal, with the limit. */
export function queueFull({ config }: Ctx): AppError {
  return new AppError(
    'queue_full',
    `${config.MAX_QUEUED_JOBS} jobs of this workspace wait, which is the limit.`,
  );
}
