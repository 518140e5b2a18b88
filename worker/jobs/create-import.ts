import type { Ctx } from '../context.ts';
import type { ImportRequest } from '../contract/api/import-request.ts';
import { madeJob, type Alongside } from '../db/alongside.ts';
import type { JobRow } from '../db/rows.ts';
import { timeOfId } from '../ids.ts';
import { ring } from '../doorbell/ring.ts';
import { concurrencyRefusal, hasFreePlace } from './concurrency-limit.ts';
import { insertWords } from './imports/insert-words.ts';
import { hostOf, wordsOfUrl } from './imports/search-words.ts';
import { insertQueued, queueFull } from './queue-limit.ts';

export interface NewImport {
  workspaceId: string;
  request: ImportRequest;
  /** Those that the request causes. */
  warnings?: string[];
  /** The import that this one repeats. */
  retryOf?: string;
  alongside?: Alongside | undefined;
}

/**
 * Creates an import job. It runs even if the doorbell message is lost. AppError `queue_full` when too many jobs of the
 * workspace wait, `concurrency_limited` when its plan allows no further unfinished import.
 */
export async function createImport(ctx: Ctx, order: NewImport): Promise<JobRow> {
  const { workspaceId, request, warnings = [], retryOf, alongside } = order;
  const id = ctx.newId();
  // The list compares ids with times.
  const now = timeOfId(id);
  const values = {
    id,
    workspaceId,
    kind: 'import' as const,
    request,
    retryOf: retryOf ?? null,
    sourceHost: hostOf(request.url),
    warnings: warnings.length > 0 ? warnings : null,
    createdAt: now,
  };
  const made = madeJob({ id, status: 'queued' });
  const words = wordsOfUrl(request.url);
  const [[job]] = await ctx.db.batch([
    insertQueued(ctx, values, hasFreePlace(ctx)),
    insertWords(ctx, [{ workspaceId, importId: id, words }], made.exists),
    ...((await alongside?.(made)) ?? []),
  ]);
  if (!job) throw (await concurrencyRefusal(ctx, workspaceId)) ?? queueFull(ctx);
  await ring(ctx);
  return job;
}
