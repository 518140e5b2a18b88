/** What the operator sees of workspaces: their jobs and plans, and nothing of what they import. */
import { desc, eq, lt, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { askEvery, homeOf } from '../databases/every-database.ts';
import { members } from '../db/tables/members.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { databaseOfId } from '../ids.ts';

/** All jobs that have not ended. `dueAt` is when the first of those that wait is due; null when none waits. */
export interface QueueState {
  queued: number;
  running: number;
  dueAt: number | null;
  workspaces: number;
}

/** The length of the queue in all databases, from the counters of the workspaces. */
export async function readQueue(ctx: Ctx): Promise<QueueState> {
  const states = await askEvery(ctx, readOwnQueue);
  const sum = (name: 'queued' | 'running') => states.reduce((total, state) => total + state[name], 0);
  const due = states.map(({ dueAt }) => dueAt).filter((dueAt) => dueAt !== null);
  return {
    queued: sum('queued'),
    running: sum('running'),
    dueAt: due.length === 0 ? null : Math.min(...due),
    // The first database has a row for each workspace.
    workspaces: states[0]?.workspaces ?? 0,
  };
}

async function readOwnQueue(ctx: Ctx): Promise<QueueState> {
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

export type WorkspaceState = Awaited<ReturnType<typeof selectWorkspaces>>[number];

/** A page of all workspaces, the newest first. `after` is the ID of the last one of the page before. */
export async function listWorkspaces(
  ctx: Ctx,
  { after, limit }: { after: string | null; limit: number },
): Promise<WorkspaceState[]> {
  const home = homeOf(ctx);
  const listed = await selectWorkspaces(home, after === null ? undefined : lt(workspaces.id, after), limit);
  const byDatabase = Map.groupBy(listed, ({ id }) => databaseOfId(id));
  const current = new Map<string, WorkspaceState>();
  for (const [database, rows] of byDatabase) {
    const own = home.ofDatabase(database);
    if (database === 0 || own === null) continue;
    const ids = JSON.stringify(rows.map(({ id }) => id));
    const isListed = sql`${workspaces.id} IN (SELECT value FROM json_each(${ids}))`;
    for (const row of await selectWorkspaces(own, isListed, limit)) current.set(row.id, row);
  }
  // The members are in the first database, the counters in that of the workspace.
  return listed.map((row) => ({ ...row, ...current.get(row.id), members: row.members }));
}

function selectWorkspaces(ctx: Ctx, where: SQL | undefined, limit: number) {
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
    .where(where)
    .orderBy(desc(id))
    .limit(limit);
}
