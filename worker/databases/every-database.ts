/** Work that concerns all databases: what the operator sees, and accounts, which are in the first one. */
import type { Ctx } from '../context.ts';

/** The context with the first database, which has the accounts and a row for each workspace. */
export function homeOf(ctx: Ctx): Ctx {
  return ctx.ofDatabase(0) ?? ctx;
}

/** The contexts of all databases, the first one first. */
export function everyDatabase(ctx: Ctx): Ctx[] {
  const all = [homeOf(ctx)];
  for (let next = ctx.ofDatabase(1); next !== null; next = ctx.ofDatabase(all.length)) all.push(next);
  return all;
}

/** What `ask` answers for each database. */
export function askEvery<Answer>(ctx: Ctx, ask: (own: Ctx) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(everyDatabase(ctx).map(ask));
}
