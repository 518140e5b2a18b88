/** The guard of forms that make this service send requests: they count as in the API. */
import { createMiddleware } from 'hono/factory';
import type { Ctx } from '../context.ts';
import { takeUserRate } from '../limits/limit-rate.ts';
import { sessionOf } from './require-session.ts';
import type { SiteEnv } from './site-env.ts';

/** Counts the request for the workspace of the session. AppError `rate_limited`. */
export function countRequest(ctx: Ctx) {
  return createMiddleware<SiteEnv>(async (c, next) => {
    await takeUserRate(ctx, sessionOf(c).principal, { rate: 'requestsPerHour', count: 1 });
    await next();
  });
}
