/** Workspaces, the tenants of the service. Does not depend on HTTP or the platform, because scripts use it too. */
import type { Db } from '../db/client.ts';
import { workspaces } from '../db/tables/workspaces.ts';

/** How many jobs of a workspace run at the same time. Equals the default of JOBS_PER_SLOT, so that a single tenant can use a whole downloader. */
export const DEFAULT_MAX_CONCURRENT = 4;

export interface NewWorkspace {
  name: string;
  maxConcurrent?: number;
  /** True for the workspace of the person who runs the service. */
  isOperator?: boolean;
  /** Unix milliseconds. */
  now: () => number;
  newId: () => string;
}

/** Creates a workspace and returns its row. */
export async function createWorkspace(
  db: Db,
  { name, maxConcurrent = DEFAULT_MAX_CONCURRENT, isOperator = false, now, newId }: NewWorkspace,
): Promise<typeof workspaces.$inferSelect> {
  const row = { id: newId(), name, maxConcurrent, isOperator, createdAt: now() };
  const [created] = await db.insert(workspaces).values(row).returning();
  if (!created) throw new Error('the workspace was not inserted');
  return created;
}
