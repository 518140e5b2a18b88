import { createMiddleware } from 'hono/factory';
import type { Principal } from '../context.ts';
import { AppError } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';

/** Requires a principal of the operator's workspace; otherwise AppError `operator_only`, or `unauthorized` without a principal. */
export const requireOperator = createMiddleware<AppEnv>(async (c, next) => {
  const principal: Principal | undefined = c.var.principal;
  if (principal === undefined) throw new AppError('unauthorized');
  if (!principal.isOperator) throw new AppError('operator_only');
  await next();
});
