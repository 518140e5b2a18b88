/** Answers that are kept under the Idempotency-Key of their request, so that a repeated request makes nothing new. */
import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../context.ts';
import { idempotencyKeys } from '../db/tables/idempotency-keys.ts';
import { AppError } from '../errors.ts';
import { sha256Hex } from '../sha256.ts';
import { openAnswer, sealAnswer, type AnswerKey } from './seal-answer.ts';

/** A request that has an Idempotency-Key. */
export interface KeyedRequest extends AnswerKey {
  /** SHA-256 of method, path and body, and of the ID of the API key if the answer is for this key only. */
  fingerprint: string;
}

/**
 * The answer that was kept for this request; undefined when there is none. AppError `idempotency_key_reused` when the key
 * was used for another request.
 */
export async function findAnswer(ctx: Ctx, request: KeyedRequest): Promise<unknown> {
  const { workspaceId, key } = request;
  const row = await ctx.db.query.idempotencyKeys.findFirst({
    where: and(
      eq(idempotencyKeys.workspaceId, workspaceId),
      eq(idempotencyKeys.keyHash, await sha256Hex(key)),
    ),
  });
  if (!row) return undefined;
  if (row.fingerprint !== request.fingerprint) throw new AppError('idempotency_key_reused');
  const answer = await openAnswer(ctx.config, request, row.answer);
  if (answer !== null) return JSON.parse(answer);
  throw new AppError(
    'idempotency_key_reused',
    'The answer under this Idempotency-Key cannot be read any more, because the keys of the service have changed.',
  );
}

/**
 * The statement that keeps an answer, for the batch that makes what the answer is about. It does nothing unless `exists`
 * is true. When a parallel request with the same key came first, the statement fails, and with it the whole batch.
 */
export async function keepAnswer(
  ctx: Ctx,
  request: KeyedRequest,
  { answer, exists = sql`TRUE` }: { answer: unknown; exists?: SQL },
): Promise<[BatchItem<'sqlite'>]> {
  const keyHash = await sha256Hex(request.key);
  const sealed = await sealAnswer(ctx.config, request, JSON.stringify(answer));
  const { workspaceId, fingerprint } = request;
  // In the order of the table's columns.
  const values = sql`${workspaceId}, ${keyHash}, ${fingerprint}, ${sealed}, ${ctx.now()}`;
  // In an array: a promise of a query alone would run the query.
  return [ctx.db.insert(idempotencyKeys).select(sql`SELECT ${values} WHERE ${exists}`)];
}
