/** Requests with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same request is done once. */
import type { Context } from 'hono';
import type { Ctx } from '../context.ts';
import { doOnce, type Keep } from '../idempotency/do-once.ts';
import { sha256Hex } from '../sha256.ts';
import type { AppEnv } from './app-env.ts';

const HEADER = 'Idempotency-Key';

/**
 * `doOnce` for the key in the header; without one, `make` simply runs. A repeated request gets the same data, marked by the
 * header `Idempotent-Replayed`. With `forKeyOnly`, another API key of the workspace does not get the data. AppError
 * `idempotency_key_reused`.
 */
export async function answerOnce<Data extends object>(
  ctx: Ctx,
  c: Context<AppEnv>,
  make: (keep: Keep) => Promise<Data>,
  { forKeyOnly = false } = {},
): Promise<Data> {
  const key = c.req.header(HEADER);
  if (key === undefined) return make(async () => []);
  const { workspaceId, actor } = c.var.principal;
  const fingerprint = await fingerprintOf(c, forKeyOnly ? actor.id : '');
  const { data, isReplayed } = await doOnce(ctx, { workspaceId, key, fingerprint }, make);
  if (isReplayed) c.header('Idempotent-Replayed', 'true');
  return data;
}

async function fingerprintOf(c: Context<AppEnv>, actorId: string): Promise<string> {
  const { pathname, search } = new URL(c.req.url);
  return sha256Hex(`${actorId}${c.req.method} ${pathname}${search}\n${await c.req.text()}`);
}
