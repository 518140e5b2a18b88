import { createMiddleware } from 'hono/factory';
import { readAttemptToken, type AttemptRef } from '../attempts/attempt-token.ts';
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readBearer } from './bearer.ts';

export interface AttemptEnv extends AppEnv {
  Variables: AppEnv['Variables'] & { token: string; attempt: AttemptRef };
}

/**
 * Sets `attempt` to the attempt that the token was issued for. It must be one of the job that the path names as `:id`.
 * Runs before anything else of a request is read. AppError `unauthorized`, or `stale` for an expired token. The verbs
 * check whether the attempt still owns its job.
 */
export function requireAttemptToken(ctx: Ctx) {
  return createMiddleware<AttemptEnv>(async (c, next) => {
    const token = readBearer(c.req.header('authorization'));
    if (token === null) throw new AppError('unauthorized', 'The attempt token is missing.');
    const attempt = await readAttemptToken(ctx, token);
    if (attempt.jobId !== c.req.param('id')) {
      throw new AppError('unauthorized', 'The attempt token is not for this job.');
    }
    c.set('token', token);
    c.set('attempt', attempt);
    c.set('about', attempt);
    await next();
  });
}
