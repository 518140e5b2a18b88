import { and } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { MetadataRequest } from '../../contract/api/metadata/request.ts';
import type { Bill } from '../../contract/cost.ts';
import type { MetadataKind } from '../../contract/job.ts';
import { madeJob, type Alongside } from '../../db/alongside.ts';
import type { JobRow } from '../../db/rows.ts';
import { ring } from '../../doorbell/ring.ts';
import type { AppError } from '../../errors.ts';
import { timeOfId } from '../../ids.ts';
import { hostOf } from '../imports/search-words.ts';
import { balanceRefusal, canPay } from '../../usage/balance.ts';
import { concurrencyRefusal, hasFreePlaces } from '../concurrency-limit.ts';
import { kindOf } from '../kinds/kinds.ts';
import { insertQueued, queueFull } from '../queue-limit.ts';

export interface NewMetadata {
  workspaceId: string;
  kind: MetadataKind;
  request: MetadataRequest;
  /** The API key of the request. */
  createdBy?: string | null;
  alongside?: Alongside | undefined;
}

/**
 * Creates a job that describes a source. AppError `queue_full` when too many jobs of the workspace wait,
 * `concurrency_limited` when its plan allows no further unfinished one, `insufficient_balance` when its balance is less than the price.
 */
export async function createMetadata(ctx: Ctx, order: NewMetadata): Promise<Pick<JobRow, 'id'>> {
  const { workspaceId, kind, request, createdBy = null, alongside } = order;
  const id = ctx.newId();
  const createdAt = timeOfId(id);
  const sourceHost = hostOf(request.url);
  const values = { id, workspaceId, kind, request, createdBy, sourceHost, createdAt };
  const bill = kindOf(values).bill(ctx.config, 0);
  const [[job]] = await ctx.db.batch([
    insertQueued(ctx, values, and(hasFreePlaces(ctx, { counted: 'metadata' }), canPay(ctx, bill))),
    ...((await alongside?.(madeJob({ id, status: 'queued' }))) ?? []),
  ]);
  if (!job) throw await whyNotCreated(ctx, { workspaceId, bill });
  await ring(ctx);
  return job;
}

async function whyNotCreated(ctx: Ctx, order: { workspaceId: string; bill: Bill }): Promise<AppError> {
  const limited = () => concurrencyRefusal(ctx, order.workspaceId, { counted: 'metadata' });
  return (await balanceRefusal(ctx, order)) ?? (await limited()) ?? queueFull(ctx);
}
