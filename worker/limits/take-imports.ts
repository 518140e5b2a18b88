import type { Context } from 'hono';
import type { Ctx } from '../context.ts';
import type { AppEnv } from '../http/app-env.ts';
import { takeRate } from './limit-rate.ts';

/**
 * Counts a request that starts many imports as often as it starts one. The guard has counted it once. AppError `rate_limited`
 * when the plan or the key does not allow all of them: then none of the others is counted.
 */
export async function takeImports(ctx: Ctx, c: Context<AppEnv>, imports: number): Promise<void> {
  if (imports > 1) await takeRate(ctx, c, { rate: 'importsPerHour', count: imports - 1 });
}
