import type { Ctx } from '../../context.ts';
import type { MetadataRequest } from '../../contract/api/metadata/request.ts';
import type { MetadataKind } from '../../contract/job.ts';
import { madeJob, type Alongside } from '../../db/alongside.ts';
import type { JobRow } from '../../db/rows.ts';
import { ring } from '../../doorbell/ring.ts';
import { timeOfId } from '../../ids.ts';
import { hostOf } from '../imports/search-words.ts';
import { insertQueued, queueFull } from '../queue-limit.ts';

export interface NewMetadata {
  workspaceId: string;
  kind: MetadataKind;
  request: MetadataRequest;
  alongside?: Alongside | undefined;
}

/** Creates a job that describes a source. AppError `queue_full` when too many jobs of the workspace wait. */
export async function createMetadata(ctx: Ctx, order: NewMetadata): Promise<JobRow> {
  const { workspaceId, kind, request, alongside } = order;
  const id = ctx.newId();
  const createdAt = timeOfId(id);
  const sourceHost = hostOf(request.url);
  const [[job]] = await ctx.db.batch([
    insertQueued(ctx, { id, workspaceId, kind, request, sourceHost, createdAt }),
    ...((await alongside?.(madeJob({ id, status: 'queued' }))) ?? []),
  ]);
  if (!job) throw queueFull(ctx);
  await ring(ctx);
  return job;
}
