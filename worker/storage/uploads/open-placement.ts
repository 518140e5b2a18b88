import { sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../../context.ts';
import type { ArtifactRequest } from '../../contract/downloader/report.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { ArtifactRow, PlacementRow } from '../../db/rows.ts';
import { selectRow } from '../../db/bound-row.ts';
import { artifacts } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { AppError } from '../../errors.ts';
import { isLive } from '../../attempts/fence.ts';
import type { findReferred } from '../destinations/destinations.ts';
import { currentOf, selectArtifact, toUploadPlan } from './placement-rows.ts';
import { startAtDestination, startInService } from './start-upload.ts';
import type { UploadAttempt } from './upload-rules.ts';

/** `type/subtype` of RFC 9110 without parameters. It becomes a header of requests and answers. */
const CONTENT_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

interface Announced {
  live: UploadAttempt;
  file: ArtifactRequest;
  /** The file as earlier calls have announced it, if the caller has read it. */
  known?: KnownFile;
}

interface KnownFile {
  artifact: ArtifactRow | undefined;
  /** Its primary uploads, the newest first. */
  earlier: PlacementRow[];
  /** Looks for the destination that the request names. */
  find?: typeof findReferred;
}

/**
 * Decides where and how to upload a file that the attempt announces. A repeated call returns the same plan while that
 * upload is open. AppError `invalid_request`, `source_too_large`, `stale`, `cancel_requested`, or `storage_*` when service
 * storage fails or is not allowed.
 */
export async function openPlacement(ctx: Ctx, { live, file, known }: Announced): Promise<UploadPlan> {
  if (file.sizeBytes !== null && file.sizeBytes > ctx.config.MAX_BYTES)
    throw new AppError('source_too_large');
  if (!CONTENT_TYPE.test(file.contentType))
    throw new AppError('invalid_request', 'contentType must be a media type without parameters.');
  const { artifact: announced, earlier, find } = known ?? (await readFile(ctx, { live, file }));
  const current = currentOf(earlier);
  if (current?.status === 'stored') throw new AppError('invalid_request', 'This file is already stored.');
  const artifact = announced ?? (await newArtifact(ctx, { live, file }));
  const announcement = announce(ctx, { live, file, artifact });
  if (current) {
    await ctx.db.batch(announcement);
    return toUploadPlan(current);
  }
  const destination = await live.rules.findDestination(ctx, live.job, find);
  return destination
    ? startAtDestination(ctx, { live, artifact, earlier, announcement, destination })
    : startInService(ctx, { live, artifact, earlier, announcement });
}

async function readFile(ctx: Ctx, { live, file: { role } }: Announced): Promise<KnownFile> {
  const [[artifact], earlier] = await ctx.db.batch(selectArtifact(ctx, { live, role }));
  return { artifact, earlier };
}

/** The row of a file that the attempt announces for the first time. What is known about the file replaces what the attempt reports. */
async function newArtifact(ctx: Ctx, { live, file }: Announced): Promise<ArtifactRow> {
  const { job, attempt } = live;
  const { role, title, extension, contentType, sizeBytes, origin } = file;
  const known = await live.rules.findKnownFile(ctx, { job, role });
  const reported = { title, extension, contentType, sizeBytes, crc32: null, sha256: null, facts: null };
  return {
    ...(known ?? { ...reported, details: null, sourceId: null, uploader: null, ...origin }),
    id: ctx.newId(),
    jobId: job.id,
    attempt,
    role,
    sourceWay: null,
    sourceReason: null,
    createdAt: ctx.now(),
  };
}

/**
 * Statements for the batch that inserts an upload of the file: its row, with how the attempt reads its source. They change nothing after
 * the end of the attempt, and may be repeated.
 */
function announce(
  ctx: Ctx,
  { live, file: { source }, artifact }: Announced & { artifact: ArtifactRow },
): [BatchItem<'sqlite'>, ...BatchItem<'sqlite'>[]] {
  const row = { ...artifact, sourceWay: source.way, sourceReason: source.reason };
  const given = { sourceWay: sql`excluded.source_way`, sourceReason: sql`excluded.source_reason` };
  const insert = ctx.db
    .insert(artifacts)
    .select(selectRow(artifacts, row, sql`FROM ${jobs} WHERE ${isLive(live)}`))
    .onConflictDoUpdate({
      target: [artifacts.jobId, artifacts.attempt, artifacts.role],
      set: given,
      setWhere: sql`${artifacts.sourceReason} IS NOT ${given.sourceReason} OR ${artifacts.sourceWay} IS NOT ${given.sourceWay}`,
    });
  if (!source.oneConnection) return [insert];
  return [insert, ctx.db.update(jobs).set({ sourceOneConnection: true }).where(isLive(live))];
}
