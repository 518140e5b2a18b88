/** Whether the site of a failed import does not work for others either. */
import { sql } from 'drizzle-orm';
import type { SiteTrouble } from '../../contract/site-counts.ts';
import type { JobRow } from '../../db/rows.ts';
import { tellsOfSite } from './count-result.ts';
import { LEAST_WORKSPACES } from './read-sites.ts';
import { EVERYONE } from './site-hours.ts';

/** A site seems broken when at least this many imports ended, and at most this part of them was completed. */
const LEAST_IMPORTS = 5;
const BROKEN_RATE = 0.1;

/** How many imports from a host ended with a code, which is empty for those that were completed. `isShared` is 1 when enough workspaces import from it. */
export type SiteCount = [workspaceId: string, code: string, imports: number, isShared: 0 | 1];

const others = sql`SELECT DISTINCT other.workspace_id FROM site_results other WHERE other.host = jobs.source_host
  AND other.workspace_id > '' LIMIT ${sql.raw(String(LEAST_WORKSPACES))}`;
const isShared = sql`(SELECT count(*) FROM (${others})) = ${sql.raw(String(LEAST_WORKSPACES))}`;

/**
 * How imports from the host of a failed import ended, for its workspace and for all together, as a JSON list of `SiteCount`. For a
 * statement that reads `jobs`, with the placeholder `firstHour`: the first hour of the last day.
 */
export const siteCounts = sql`(SELECT json_group_array(json_array(workspace_id, code, imports, ${isShared})) FROM site_results
  WHERE host = jobs.source_host AND workspace_id IN ('', jobs.workspace_id) AND hour >= ${sql.placeholder('firstHour')})`;

/** The counts that show that imports from the host of a failed import fail for all, or for its workspace; null when they do not show it. */
export function troubleOf({
  job,
  siteCounts: counts,
}: {
  job: JobRow;
  siteCounts: SiteCount[];
}): SiteTrouble | null {
  const { status, kind, sourceHost: host, errorCode, workspaceId } = job;
  if (status !== 'failed' || kind !== 'import' || host === null) return null;
  if (errorCode === null || !tellsOfSite(errorCode)) return null;
  const whose = counts.some(([, , , shared]) => shared === 1) ? EVERYONE : workspaceId;
  const shown = counts.filter(([id]) => id === whose);
  const imports = sumOf(shown);
  const completed = sumOf(shown.filter(([, code]) => code === ''));
  return imports >= LEAST_IMPORTS && completed <= imports * BROKEN_RATE ? { host, imports, completed } : null;
}

function sumOf(counts: SiteCount[]): number {
  return counts.reduce((total, [, , imports]) => total + imports, 0);
}
