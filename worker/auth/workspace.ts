/** Workspaces, the tenants of the service. Knows neither HTTP nor the platform: the start script uses it too. */
import type { Db } from '../db/client.ts';
import { workspaces } from '../db/tables/workspaces.ts';

/** Jobs of one workspace that run at once: as many as one downloader takes by default (JOBS_PER_SLOT), so that one tenant alone can fill it. */
export const DEFAULT_MAX_CONCURRENT = 4;

export interface NewWorkspace {
  name: string;
  maxConcurrent?: number;
  /** Unix milliseconds. */
  now: () => number;
  newId: () => string;
}

/** Creates a workspace and returns its row. */
export async function createWorkspace(
  db: Db,
  { name, maxConcurrent = DEFAULT_MAX_CONCURRENT, now, newId }: NewWorkspace,
): Promise<typeof workspaces.$inferSelect> {
  const row = { id: newId(), name, maxConcurrent, createdAt: now() };
  const [created] = await db.insert(workspaces).values(row).returning();
  if (!created) throw new Error('the workspace was not inserted');
  return created;
}
