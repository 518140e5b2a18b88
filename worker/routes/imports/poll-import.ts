/** Polls of an import: what they read is known before the key is, so both are read in one call of D1. */
import type { Context } from 'hono';
import type { ReadAhead } from '../../auth/require-api-key.ts';
import type { Ctx } from '../../context.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { getJob } from '../../jobs/details/get-job.ts';
import { selectJob, type JobAndDetails } from '../../jobs/details/select-job.ts';

const BY_PATH = /^\/imports\/([^/]+)$/;

/** What was read together with the key, by request. Empty for a job that does not exist. */
const readAhead = new WeakMap<Request, JobAndDetails[]>();

/** The rows of the import that a poll asks for; null for any other request. */
export function pollOfImport(ctx: Ctx): (c: Context<AppEnv>) => ReadAhead | null {
  return ({ req }) => {
    const jobId = polledId(req);
    if (jobId === undefined) return null;
    const statement = () => selectJob(ctx, jobId);
    return { statement, keep: (rows) => void readAhead.set(req.raw, rows as JobAndDetails[]), isPoll: true };
  };
}

function polledId(req: Context<AppEnv>['req']): string | undefined {
  if (req.method !== 'GET' && req.method !== 'HEAD') return undefined;
  return req.path === '/import/status' ? req.query('id') : BY_PATH.exec(req.path)?.[1];
}

/** The import of a poll, from what was read with the key if it was. AppError `job_not_found`. */
export function getPolledImport(ctx: Ctx, c: Context<AppEnv>, jobId: string): ReturnType<typeof getJob> {
  const { workspaceId } = c.var.principal;
  return getJob(ctx, { workspaceId, jobId }, readAhead.get(c.req.raw));
}
