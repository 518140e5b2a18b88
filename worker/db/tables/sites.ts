import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Code } from '../../contract/codes.ts';

/**
 * How the imports from each host ended, by hour: for each workspace, and for all of them together, which the sweep sums up. Kept for a
 * day.
 */
export const siteResults = sqliteTable(
  'site_results',
  {
    /** Hours since 1970. */
    hour: integer('hour').notNull(),
    /** Empty for all workspaces together. */
    workspaceId: text('workspace_id').notNull(),
    /** As in `jobs.sourceHost`. */
    host: text('host').notNull(),
    /** Why they failed; empty for those that were completed. */
    code: text('code').$type<Code | ''>().notNull(),
    imports: integer('imports').notNull(),
  },
  (t) => [
    // GET /sites, and the sweep, which deletes old hours.
    primaryKey({ columns: [t.hour, t.workspaceId, t.host, t.code] }),
    // Whether several workspaces import from a host.
    index('site_results_host').on(t.host, t.workspaceId),
  ],
);
