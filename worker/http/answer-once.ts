/** Requests with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same request is done once. */
import type { SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Context } from 'hono';
import type { Ctx } from '../context.ts';
import { findAnswer, keepAnswer, type KeyedRequest } from '../idempotency/kept-answers.ts';
import { sha256Hex } from '../sha256.ts';
import type { AppEnv } from './app-env.ts';

const HEADER = 'Idempotency-Key';

/** The statement that keeps `answer`; none for a request without a key. */
type Keep = (answer: object, exists: SQL) => Promise<BatchItem<'sqlite'>[]>;

/**
 * The data of the answer to a POST. `make` does what the request asks for, and passes the statements of `keep` to the
 * batch in which its verb makes something (`Alongside`). If it does not call `keep`, the answer is kept afterwards: then
 * its verb must bear to run twice when two requests with the same key arrive at once. A repeated request gets the same
 * data, marked by the header `Idempotent-Replayed`, and `make` does not run. Errors are not kept. With `forKeyOnly`, another
 * API key of the workspace does not get the data. AppError `idempotency_key_reused`.
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
  const request: KeyedRequest = { workspaceId, key, fingerprint };
  const earlier = await replay<Data>(ctx, c, request);
  if (earlier) return earlier;
  let isKept = false;
  const keep: Keep = async (answer, exists) => {
    isKept = true;
    return keepAnswer(ctx, request, { answer, exists });
  };
  try {
    const data = await make(keep);
    if (!isKept) await ctx.db.batch(await keepAnswer(ctx, request, { answer: data }));
    return data;
  } catch (error) {
    // A parallel request with the same key may have come first, or the error may have come after the batch.
    const kept = await replay<Data>(ctx, c, request);
    if (kept) return kept;
    throw error;
  }
}

async function replay<Data>(ctx: Ctx, c: Context<AppEnv>, request: KeyedRequest): Promise<Data | undefined> {
  const answer = await findAnswer(ctx, request);
  if (answer === undefined) return undefined;
  c.header('Idempotent-Replayed', 'true');
  return answer as Data;
}

async function fingerprintOf(c: Context<AppEnv>, actorId: string): Promise<string> {
  const { pathname, search } = new URL(c.req.url);
  return sha256Hex(`${actorId}${c.req.method} ${pathname}${search}\n${await c.req.text()}`);
}
