/** Requests for an import: the default destination of their workspace is read in the same call of D1 as their key. */
import type { Context } from 'hono';
import type { ReadAhead } from '../../auth/require-api-key.ts';
import type { Ctx } from '../../context.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { findReferred, selectDefaultOfKey } from '../../storage/destinations/destinations.ts';

type Destination = Awaited<ReturnType<typeof findReferred>>;

/**
 * What was read together with the key; empty for a workspace without a default destination. By context, since the limit of the body
 * replaces the request.
 */
const readAhead = new WeakMap<Context<AppEnv>, Destination[]>();

/** The statement for the default destination when the request is `POST /import`; null for any other request. */
export function destinationOfImport(ctx: Ctx): (c: Context<AppEnv>) => ReadAhead | null {
  return (c) => {
    const { req } = c;
    if (req.method !== 'POST' || req.path !== '/import') return null;
    const statement = (keyHash: string) => selectDefaultOfKey(ctx.db, { keyHash });
    return {
      statement,
      keep: (rows) => void readAhead.set(c, rows as Destination[]),
      isPoll: false,
    };
  };
}

/** Finds the destination that the request names: the default one among what was read with the key. */
export function findForRequest(c: Context<AppEnv>): typeof findReferred {
  const known = readAhead.get(c);
  return async (ctx, ref) =>
    ref.name === undefined && known !== undefined ? known[0] : findReferred(ctx, ref);
}
