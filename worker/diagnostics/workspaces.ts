/** What the operator sees of workspaces: their jobs and plans, and nothing of what they import. */
import { desc, eq, lt, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { members } from '../db/tables/members.ts';
import { workspaces } from '../db/tables/workspaces.ts';

/** All jobs that have not ended. `dueAt` is when the first of those that wait is due; null when none waits. */
export interface QueueState {
  queued: number;
  running: number;
  dueAt: number | null;
  workspaces: number;
}

/** The length of the queue, from the counters of the workspaces. */
export async function readQueue(ctx: Ctx): Promise<QueueState> {
  const [row] = await ctx.db
    .select({
      queued: sql<number>`coalesce(sum(${workspaces.queued}), 0)`,
      running: sql<number>`coalesce(sum(${workspaces.running}), 0)`,
      dueAt: sql<number | null>`min(coalesce(${workspaces.nextDueAt}, ${workspaces.nextPageDueAt}))`,
      workspaces: sql<number>`count(*)`,
    })
    .from(workspaces);
  return row ?? { queued: 0, running: 0, dueAt: null, workspaces: 0 };
}

export type WorkspaceState = Awaited<ReturnType<typeof listWorkspaces>>[number];

/** A page of all workspaces, the newest first. `after` is the ID of the last one of the page before. */
export function listWorkspaces(ctx: Ctx, { after, limit }: { after: string | null; limit: number }) {
  const { id, name, plan, isOperator, maxConcurrent, running, queued, createdAt } = workspaces;
  const { creditedMicrodollars, spentMicrodollars } = workspaces;
  return ctx.db
    .select({
      id,
      name,
      plan,
      isOperator,
      maxConcurrent,
      running,
      queued,
      createdAt,
      balanceMicrodollars: sql<number>`${creditedMicrodollars} - ${spentMicrodollars}`,
      members: ctx.db.$count(members, eq(members.workspaceId, id)),
    })
    .from(workspaces)
    .where(after === null ? undefined : lt(id, after))
    .orderBy(desc(id))
    .limit(limit);
}
