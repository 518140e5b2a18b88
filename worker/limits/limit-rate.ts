import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Ctx, Principal } from '../context.ts';
import type { Standing, Take, Taken } from '../contract/rates.ts';
import { errorText } from '../error-text.ts';
import { AppError } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { rateOf, type RateName } from './rate-of.ts';
import { takesOf } from './takes-of.ts';

/** The name of the window of one hour in headers and sentences, as Importly writes it. */
const WINDOW = '1 h';

/**
 * Counts the request of a principal and adds the X-RateLimit headers to its answer, also to an error. AppError
 * `rate_limited` when the plan or the key allows no more. Does nothing for a principal without limits.
 */
export function limitRate(ctx: Ctx) {
  return createMiddleware<AppEnv>(async (c, next) => {
    // A request whose path has routes, but none for its method, passes two guards.
    if (c.var.isCounted) return next();
    c.set('isCounted', true);
    await takeRate(ctx, c, { rate: rateOf(c.req.method, c.req.path), count: 1 });
    await next();
    if (c.var.standing) describeStanding(c, c.var.standing);
  });
}

/** Which rate a request counts for, and how often. */
interface Counted {
  rate: RateName;
  count: number;
}

/** Counts a request `count` times, or not at all. AppError `rate_limited`. */
export async function takeRate(ctx: Ctx, c: Context<AppEnv>, counted: Counted): Promise<void> {
  const taken = await takeAll(ctx, c.var.principal, counted);
  if (!taken) return;
  c.set('standing', taken.tightest);
  if (taken.granted) return;
  describeStanding(c, taken.tightest);
  throw rateLimited(taken.tightest, ctx.now());
}

/** The same for a user, whose pages have no such headers. */
export async function takeUserRate(ctx: Ctx, principal: Principal, counted: Counted): Promise<void> {
  const taken = await takeAll(ctx, principal, counted);
  if (taken && !taken.granted) throw rateLimited(taken.tightest, ctx.now());
}

/** Undefined for a principal without limits. */
async function takeAll(ctx: Ctx, principal: Principal, { rate, count }: Counted): Promise<Taken | undefined> {
  const plans = ctx.config.RATE_LIMITS === 'on' ? ctx.config.PLANS : null;
  const [first, ...rest] = takesOf(plans, principal, rate).map((one) => ({ ...one, count }));
  return first && take(ctx, principal, [first, ...rest]);
}

/** Undefined when the counter does not answer: then requests pass, because a limit is not worth an outage. */
async function take(
  ctx: Ctx,
  { workspaceId }: Principal,
  takes: [Take, ...Take[]],
): Promise<Taken | undefined> {
  try {
    return await ctx.rateCounter(workspaceId).take(takes, ctx.now());
  } catch (error) {
    ctx.log.error('limits.count_failed', { workspaceId, error: errorText(error) });
    return undefined;
  }
}

function describeStanding(c: Context<AppEnv>, { limit, remaining, resetAt }: Standing): void {
  c.header('X-RateLimit-Limit', String(limit));
  c.header('X-RateLimit-Remaining', String(remaining));
  c.header('X-RateLimit-Reset', String(resetAt));
  c.header('X-RateLimit-Window', WINDOW);
  c.header('X-RateLimit-Plan', c.var.principal.plan);
}

/** The words and members of Importly. */
function rateLimited({ limit, remaining, resetAt }: Standing, now: number): AppError {
  const retryAfter = Math.ceil((resetAt - now) / 1000);
  const message = `Rate limit exceeded. Limit: ${limit} requests per ${WINDOW}`;
  return new AppError('rate_limited', message, { limit, remaining, reset: resetAt, retryAfter });
}
