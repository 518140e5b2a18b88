import { sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { isStorageCode, type Code } from '../../contract/codes.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { siteResults } from '../../db/tables/sites.ts';
import type { JobEnd } from '../end/job-end.ts';
import { hourOf } from './site-hours.ts';

/** The statement that counts the end of an import for its host and workspace; null when the end says nothing about the site. */
export function countSiteResult(ctx: Ctx, { job, status, attemptEnd, isEnded }: JobEnd) {
  const code = status === 'completed' ? '' : (attemptEnd.failure?.code ?? job.errorCode);
  if (status === 'canceled' || job.sourceHost === null || code === null || !tellsOfSite(code)) return null;
  const values = sql`SELECT ${hourOf(ctx.now())}, ${job.workspaceId}, ${job.sourceHost}, ${code}, 1
    FROM ${jobs} WHERE ${isEnded}`;
  const { hour, workspaceId, host, code: codeColumn } = siteResults;
  return ctx.db
    .insert(siteResults)
    .select(values)
    .onConflictDoUpdate({
      target: [hour, workspaceId, host, codeColumn],
      set: { imports: sql`imports + 1` },
    });
}

/** A full disk, a refused bucket and a limit of the request are no fault of the site. */
export function tellsOfSite(code: Code | ''): boolean {
  return code === '' || !(isStorageCode(code) || /^(?:downloader|max)_/.test(code));
}
