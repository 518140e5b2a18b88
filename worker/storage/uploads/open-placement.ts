import type { Ctx } from '../../context.ts';
import type { ArtifactRequest } from '../../contract/downloader/report.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { ArtifactRow, PlacementRow } from '../../db/rows.ts';
import { artifacts } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { boundRow } from '../../db/bound-row.ts';
import { AppError } from '../../errors.ts';
import { isLive, refuseDeadAttempt } from '../../attempts/fence.ts';
import { sourceColumns } from '../../attempts/source-columns.ts';
import { currentOf, selectArtifact, toUploadPlan } from './placement-rows.ts';
import { startAtDestination, startInService } from './start-upload.ts';
import type { UploadAttempt } from './upload-rules.ts';

/** `type/subtype` of RFC 9110 without parameters. It becomes a header of requests and answers. */
const CONTENT_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

interface Announced {
  live: UploadAttempt;
  file: ArtifactRequest;
}

/**
 * Decides where and how to upload a file that the attempt announces. A repeated call returns the same plan while that
 * upload is open. AppError `invalid_request`, `source_too_large`, `stale`, `cancel_requested`, or `storage_*` when service
 * storage fails or is not allowed.
 */
export async function openPlacement(ctx: Ctx, { live, file }: Announced): Promise<UploadPlan> {
  if (file.sizeBytes !== null && file.sizeBytes > ctx.config.MAX_BYTES)
    throw new AppError('source_too_large');
  if (!CONTENT_TYPE.test(file.contentType))
    throw new AppError('invalid_request', 'contentType must be a media type without parameters.');
  const recorded = await recordArtifact(ctx, { live, file });
  if (!recorded) return refuseDeadAttempt(ctx, live);
  const { artifact, earlier } = recorded;
  const current = currentOf(earlier);
  if (current?.status === 'stored') throw new AppError('invalid_request', 'This file is already stored.');
  if (current) return toUploadPlan(current);
  const destination = await live.rules.findDestination(ctx, live.job);
  return destination
    ? startAtDestination(ctx, { live, artifact, earlier, destination })
    : startInService(ctx, { live, artifact, earlier });
}

/** Inserts the artifact, once for each role, and stores how its source is read. Null when the attempt has ended. */
async function recordArtifact(
  ctx: Ctx,
  { live, file }: Announced,
): Promise<{ artifact: ArtifactRow; earlier: PlacementRow[] } | null> {
  const { role, source } = file;
  // Verified facts and digests of a known file replace what the attempt reports.
  const known = await live.rules.findKnownFile(ctx, { job: live.job, role });
  const [, , [artifact], earlier] = await ctx.db.batch([
    insertArtifact(ctx, { live, file, facts: known ?? { ...file, ...file.origin } }),
    ctx.db.update(jobs).set(sourceColumns(source)).where(isLive(live)),
    ...selectArtifact(ctx, { live, role }),
  ]);
  return artifact ? { artifact, earlier } : null;
}

type FileFacts = Pick<ArtifactRow, 'title' | 'extension' | 'contentType' | 'sizeBytes'> &
  Partial<Pick<ArtifactRow, 'crc32' | 'sha256' | 'facts' | 'details' | 'sourceId' | 'uploader'>>;

function insertArtifact(ctx: Ctx, { live, file, facts }: Announced & { facts: FileFacts }) {
  const { job, attempt } = live;
  const key = { id: ctx.newId(), jobId: job.id, attempt, role: file.role, createdAt: ctx.now() };
  const row = ctx.db
    .select(boundRow(artifacts, { ...facts, ...key }))
    .from(jobs)
    .where(isLive(live));
  return ctx.db.insert(artifacts).select(row).onConflictDoNothing();
}
