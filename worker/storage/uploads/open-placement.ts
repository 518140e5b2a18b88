import type { Ctx } from '../../context.ts';
import type { ArtifactRequest } from '../../contract/downloader/report.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { ArtifactRow } from '../../db/rows.ts';
import type { UploadAttempt } from './upload-rules.ts';
import { artifacts } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { AppError } from '../../errors.ts';
import { boundRow } from '../../db/bound-row.ts';
import { sourceColumns } from '../../attempts/source-columns.ts';
import { isLive, refuseDeadAttempt } from '../../attempts/fence.ts';
import { findArtifact, findCurrent, toUploadPlan } from './placement-rows.ts';
import { startAtDestination, startInService } from './start-upload.ts';

/** `type/subtype` of RFC 9110, without parameters: it becomes a header of requests and answers. */
const CONTENT_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

/**
 * Says how a file shall be uploaded, and where. Repeating it gives the same plan while that upload is open.
 * AppError `invalid_request`, `source_too_large`, `stale`, `cancel_requested`, or `storage_*` when even service storage fails or is
 * not allowed.
 */
export async function openPlacement(
  ctx: Ctx,
  live: UploadAttempt,
  body: ArtifactRequest,
): Promise<UploadPlan> {
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
  const destination = await live.rules.findDestination(ctx, live.job);
  return destination
    ? startAtDestination(ctx, live, artifact, destination)
    : startInService(ctx, live, artifact);
}

/** The artifact, once for each role, and which way its bytes come. */
async function recordArtifact(ctx: Ctx, live: UploadAttempt, body: ArtifactRequest): Promise<void> {
  // Verified facts and digests of a known file replace what the attempt reports.
  const known = await live.rules.findKnownFile(ctx, live.job);
  const file = known ?? { ...body, ...body.origin };
  await ctx.db.batch([
    insertArtifact(ctx, live, body, file),
    ctx.db.update(jobs).set(sourceColumns(body.source)).where(isLive(live)),
  ]);
}

type FileFacts = Pick<ArtifactRow, 'title' | 'extension' | 'contentType' | 'sizeBytes'> &
  Partial<Pick<ArtifactRow, 'crc32' | 'sha256' | 'facts' | 'sourceId' | 'uploader'>>;

function insertArtifact(ctx: Ctx, live: UploadAttempt, { role }: ArtifactRequest, file: FileFacts) {
  const { job, attempt } = live;
  const key = { id: ctx.newId(), jobId: job.id, attempt, role, createdAt: ctx.now() };
  const row = ctx.db
    .select(boundRow(artifacts, { ...file, ...key }))
    .from(jobs)
    .where(isLive(live));
  return ctx.db.insert(artifacts).select(row).onConflictDoNothing();
}
