import { createMiddleware } from 'hono/factory';
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readAttemptToken } from '../attempts/attempt-token.ts';
import { readBearer } from './bearer.ts';

export interface AttemptEnv extends AppEnv {
  Variables: AppEnv['Variables'] & { token: string };
}

/**
 * Sets `token`, once it is known to be signed here: nothing of a request is read for a caller without one. Whether it
 * is for this job and still the live attempt's is asked by the verbs. Else AppError `unauthorized` or `stale`.
 */
export function requireAttemptToken(ctx: Ctx) {
  return createMiddleware<AttemptEnv>(async (c, next) => {
    const token = readBearer(c.req.header('authorization'));
    if (token === null) throw new AppError('unauthorized', 'The attempt token is missing.');
    await readAttemptToken(ctx, token);
    c.set('token', token);
    await next();
  });
}
