/** Does what a repeated request asks for only once. */
import type { SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../context.ts';
import { findAnswer, keepAnswer, type KeyedRequest } from './kept-answers.ts';

/** The statement that keeps `answer`; none for a request without a key. */
export type Keep = (answer: object, exists: SQL) => Promise<BatchItem<'sqlite'>[]>;

/** What a request led to. `isReplayed`: an earlier request had done it. */
export interface Done<Data> {
  data: Data;
  isReplayed: boolean;
}

/**
 * The data of the answer to a request. `make` does what the request asks for, and passes the statements of `keep` to the batch
 * in which its verb makes something (`Alongside`). If it does not call `keep`, the answer is kept afterwards: then its verb
 * must bear to run twice when two requests with the same key arrive at once. Errors are not kept. AppError
 * `idempotency_key_reused`.
 */
export async function doOnce<Data extends object>(
  ctx: Ctx,
  request: KeyedRequest,
  make: (keep: Keep) => Promise<Data>,
): Promise<Done<Data>> {
  const earlier = await replay<Data>(ctx, request);
  if (earlier) return earlier;
  let isKept = false;
  const keep: Keep = async (answer, exists) => {
    isKept = true;
    return keepAnswer(ctx, request, { answer, exists });
  };
  try {
    const data = await make(keep);
    if (!isKept) await ctx.db.batch(await keepAnswer(ctx, request, { answer: data }));
    return { data, isReplayed: false };
  } catch (error) {
    // A parallel request with the same key may have come first, or the error may have come after the batch.
    const kept = await replay<Data>(ctx, request);
    if (kept) return kept;
    throw error;
  }
}

async function replay<Data>(ctx: Ctx, request: KeyedRequest): Promise<Done<Data> | undefined> {
  const answer = await findAnswer(ctx, request);
  return answer === undefined ? undefined : { data: answer as Data, isReplayed: true };
}
