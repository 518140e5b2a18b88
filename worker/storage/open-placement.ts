import type { Ctx } from '../context.ts';
import type { ArtifactRequest } from '../contract/report.ts';
import type { UploadPlan } from '../contract/upload-plan.ts';
import type { LiveAttempt } from '../db/rows.ts';
import { artifacts, jobs } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { bound } from '../jobs/bound.ts';
import { findDefaultDestination } from './destinations.ts';
import { isLive, refuseDeadAttempt } from './fence.ts';
import { findArtifact, findCurrent, toUploadPlan } from './placement-rows.ts';
import { startAtDestination, startInService } from './start-upload.ts';

/** `type/subtype` of RFC 9110, without parameters: it becomes a header of requests and answers. */
const CONTENT_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

/**
 * Says how a file shall be uploaded, and where. Repeating it gives the same plan while that upload is open.
 * AppError `invalid_request`, `source_too_large`, `stale`, `cancel_requested`, or `storage_*` when even service storage fails.
 */
export async function openPlacement(ctx: Ctx, live: LiveAttempt, body: ArtifactRequest): Promise<UploadPlan> {
  if (body.sizeBytes !== null && body.sizeBytes > ctx.config.MAX_BYTES)
    throw new AppError('source_too_large');
  if (!CONTENT_TYPE.test(body.contentType))
    throw new AppError('invalid_request', 'contentType is no media type.');
  await recordArtifact(ctx, live, body);
  const artifact = await findArtifact(ctx, live, body.role);
  if (!artifact) return refuseDeadAttempt(ctx, live);
  const current = await findCurrent(ctx, artifact.id);
  if (current?.status === 'stored') throw new AppError('invalid_request', 'This file is stored already.');
  if (current) return toUploadPlan(current);
  const destination = live.job.request.store
    ? await findDefaultDestination(ctx, live.job.workspaceId)
    : undefined;
  return destination
    ? startAtDestination(ctx, live, artifact, destination)
    : startInService(ctx, live, artifact);
}

/** The artifact, once for each role, and which way its bytes come. */
async function recordArtifact(ctx: Ctx, live: LiveAttempt, body: ArtifactRequest): Promise<void> {
  await ctx.db.batch([
    insertArtifact(ctx, live, body),
    ctx.db
      .update(jobs)
      .set({ sourceWay: body.source.way, sourceReason: body.source.reason })
      .where(isLive(live)),
  ]);
}

function insertArtifact(ctx: Ctx, live: LiveAttempt, body: ArtifactRequest) {
  const row = ctx.db
    .select({
      id: bound(ctx.newId()),
      jobId: jobs.id,
      attempt: jobs.attempt,
      role: bound(body.role),
      title: bound(body.title),
      extension: bound(body.extension),
      contentType: bound(body.contentType),
      sizeBytes: bound(body.sizeBytes),
      crc32: bound(null),
      sha256: bound(null),
      facts: bound(null),
      createdAt: bound(ctx.now()),
      sourceId: bound(body.origin?.sourceId ?? null),
      uploader: bound(body.origin?.uploader ?? null),
    })
    .from(jobs)
    .where(isLive(live));
  return ctx.db.insert(artifacts).select(row).onConflictDoNothing();
}
