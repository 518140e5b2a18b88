import { createMiddleware } from 'hono/factory';
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';
import { findFleetMember, type FleetMember } from '../fleet/fleet-token.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readBearer } from './bearer.ts';

export interface FleetEnv extends AppEnv {
  Variables: AppEnv['Variables'] & { member: FleetMember };
}

/** Lets a request pass only with the token of a fleet member that is not revoked, and sets `member`; else AppError `unauthorized`. */
export function requireFleetToken(ctx: Ctx) {
  return createMiddleware<FleetEnv>(async (c, next) => {
    const token = readBearer(c.req.header('authorization'));
    const member = token === null ? null : await findFleetMember(ctx.db, token);
    if (member === null) throw new AppError('unauthorized', 'The fleet token is missing or not valid.');
    c.set('member', member);
    await next();
  });
}
