import { createMiddleware } from 'hono/factory';
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { findPrincipal } from './api-key.ts';
import { readBearer } from './bearer.ts';

/** Requires a valid API key and sets `principal`; otherwise AppError `unauthorized`. No configuration disables this check. */
export function requireApiKey(ctx: Ctx) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const key = readBearer(c.req.header('authorization'));
    const principal = key === null ? null : await findPrincipal(ctx.db, key);
    if (principal === null) throw new AppError('unauthorized');
    c.set('principal', principal);
    await next();
  });
}
