import { createMiddleware } from 'hono/factory';
import type { Principal } from '../context.ts';
import type { Scope } from '../contract/api/scopes.ts';
import { AppError } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';

/**
 * Requires a principal with this scope; otherwise AppError `insufficient_scope`. A route that is mounted without its
 * guard has no principal and answers `unauthorized`.
 */
export function requireScope(scope: Scope) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const principal: Principal | undefined = c.var.principal;
    if (principal === undefined) throw new AppError('unauthorized');
    if (!principal.scopes.includes(scope)) {
      throw new AppError('insufficient_scope', `The API key does not have the scope ${scope}.`);
    }
    await next();
  });
}
