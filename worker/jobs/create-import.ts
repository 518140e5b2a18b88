import { and } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { ImportRequest } from '../contract/api/import-request.ts';
import type { Bill } from '../contract/cost.ts';
import { madeJob, type Alongside } from '../db/alongside.ts';
import type { JobRow } from '../db/rows.ts';
import type { AppError } from '../errors.ts';
import { timeOfId } from '../ids.ts';
import { ring } from '../doorbell/ring.ts';
import { balanceRefusal, canPay } from '../usage/balance.ts';
import { concurrencyRefusal, hasFreePlaces } from './concurrency-limit.ts';
import { insertWords } from './imports/insert-words.ts';
import { hostOf, wordsOfUrl } from './imports/search-words.ts';
import { kindOf } from './kinds/kinds.ts';
import { insertQueued, queueFull } from './queue-limit.ts';

export interface NewImport {
  workspaceId: string;
  request: ImportRequest;
  /** The API key of the request. */
  createdBy?: string | null;
  /** Those that the request causes. */
  warnings?: string[];
  /** The import that this one repeats. */
  retryOf?: string;
  alongside?: Alongside | undefined;
}

/**
 * Creates an import job. It runs even if the doorbell message is lost. AppError `queue_full` when too many jobs of the
 * workspace wait, `concurrency_limited` when its plan allows no further unfinished import, `insufficient_balance` when it has
 * neither free bytes nor a balance.
 */
export async function createImport(ctx: Ctx, order: NewImport): Promise<Pick<JobRow, 'id'>> {
  const { workspaceId, request, createdBy = null, warnings = [], retryOf, alongside } = order;
  const id = ctx.newId();
  // The list compares ids with times.
  const now = timeOfId(id);
  const values = {
    id,
    workspaceId,
    kind: 'import' as const,
    request,
    createdBy,
    retryOf: retryOf ?? null,
    sourceHost: hostOf(request.url),
    warnings: warnings.length > 0 ? warnings : null,
    createdAt: now,
  };
  const made = madeJob({ id, status: 'queued' });
  const words = wordsOfUrl(request.url);
  // The size is not known before the source is read.
  const bill = kindOf(values).bill(ctx.config, 1);
  const [[job]] = await ctx.db.batch([
    insertQueued(ctx, values, and(hasFreePlaces(ctx, { counted: 'imports' }), canPay(ctx, bill))),
    insertWords(ctx, [{ workspaceId, importId: id, words }], made.exists),
    ...((await alongside?.(made)) ?? []),
  ]);
  if (!job) throw await whyNotCreated(ctx, { workspaceId, bill });
  await ring(ctx);
  return job;
}

async function whyNotCreated(ctx: Ctx, order: { workspaceId: string; bill: Bill }): Promise<AppError> {
  const refusal = await balanceRefusal(ctx, order);
  return (
    refusal ?? (await concurrencyRefusal(ctx, order.workspaceId, { counted: 'imports' })) ?? queueFull(ctx)
  );
}
