/** Begins uploads: at the customer's bucket where one is set, in service storage otherwise or when that one refuses. */
import { and, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { Failure } from '../../contract/failure.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { ArtifactRow, DestinationRow, PlacementRow } from '../../db/rows.ts';
import { mayFallBack, type UploadAttempt } from './upload-rules.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { AppError } from '../../errors.ts';
import { boundRow } from '../../db/bound-row.ts';
import { checkBucketAllowed, isConditional } from '../destinations/check-storage-choice.ts';
import { openDestination } from '../destinations/destinations.ts';
import { choosePlan, fitsSinglePut } from './choose-plan.ts';
import { keyAtDestination } from './choose-key.ts';
import { errorText } from '../../error-text.ts';
import { isLive, refuseDeadAttempt } from '../../attempts/fence.ts';
import { recordUploadFacts, warnOmitted } from '../destinations/learned-facts.ts';
import { serviceKey } from '../names/object-key.ts';
import { findCurrent, listPlacements, toUploadPlan } from './placement-rows.ts';
import { directSite, directTarget } from '../sites/direct-site.ts';
import { relaySite } from '../sites/relay-site.ts';
import { s3Site } from '../sites/s3-site.ts';
import { toFailure } from '../../to-failure.ts';
import type { BegunUpload, UploadSite } from '../sites/upload-site.ts';

/**
 * An upload to the destination, or at once the fallback when it cannot begin there; its error is kept on a row of its own.
 * AppError `storage_*` where no fallback is allowed.
 */
export async function startAtDestination(
  ctx: Ctx,
  live: UploadAttempt,
  artifact: ArtifactRow,
  destination: DestinationRow,
  { mayBeSingle = true }: { mayBeSingle?: boolean } = {},
): Promise<UploadPlan> {
  try {
    const { storageBucket: bucket, storageClass } = live.job.request;
    checkBucketAllowed(destination, bucket);
    const opened = s3Site(ctx, await openDestination(ctx, destination, { bucket, storageClass }));
    const site = { ...opened, singlePut: opened.singlePut && mayBeSingle };
    const key = await keyAtDestination(ctx, live, artifact, destination, site);
    return await start(ctx, live, artifact, { site, key, destination });
  } catch (error) {
    if (!(error instanceof AppError) || isAboutAttempt(error)) throw error;
    if (!mayFallBack(live, destination, error.code)) throw error;
    await recordRefusal(ctx, live, artifact, destination, toFailure(error));
    return startInService(ctx, live, artifact);
  }
}

/** An upload to service storage, under a key that no upload had before. */
export async function startInService(
  ctx: Ctx,
  live: UploadAttempt,
  artifact: ArtifactRow,
): Promise<UploadPlan> {
  const earlier = await listPlacements(ctx, artifact.id);
  const upload = earlier.filter((row) => row.destinationId === null).length;
  const { job, attempt } = live;
  const { title, extension } = artifact;
  const { workspaceId } = job;
  const key = serviceKey({ workspaceId, jobId: job.id, attempt, upload, title, extension });
  // After a direct upload failed, for whatever reason, the next one passes through the Worker.
  const isDirect = upload === 0 && directTarget(ctx.config) !== null && !fitsSinglePut(artifact.sizeBytes);
  const site = isDirect ? directSite(ctx) : relaySite(ctx);
  return start(ctx, live, artifact, { site, key, destination: null });
}

interface Place {
  site: UploadSite;
  key: string;
  /** Null for service storage. */
  destination: DestinationRow | null;
}

/** The upload comes first and its row after it; whoever loses the race for the row takes its upload back. */
async function start(
  ctx: Ctx,
  live: UploadAttempt,
  artifact: ArtifactRow,
  { site, key, destination }: Place,
): Promise<UploadPlan> {
  // The condition is on Complete, which is made here: nobody else can tell its refusal from the end of a lost answer.
  const singlePut = site.singlePut && !isConditional(live.job.request);
  const shape = choosePlan(artifact.sizeBytes, { ...site, singlePut, maxBytes: ctx.config.MAX_BYTES });
  if (!shape) throw new AppError('storage_rejected', 'the file is larger than the storage can take');
  const placementId = ctx.newId();
  const begun =
    shape.kind === 'single' ? null : await site.create({ placementId, key }, artifact.contentType);
  const row = newRow(ctx, artifact, {
    id: placementId,
    destinationId: destination?.id ?? null,
    via: site.via,
    bucket: site.bucket,
    key,
    uploadId: begun?.uploadId ?? null,
    digest: begun?.digest ?? site.digest,
    ...shape,
  });
  try {
    await tell(ctx, live, site, destination, begun);
    if (await insertPlacement(ctx, live, row)) return toUploadPlan(row);
  } catch (error) {
    await takeBack(ctx, site, row);
    throw error;
  }
  await takeBack(ctx, site, row);
  return currentPlan(ctx, live, artifact);
}

async function tell(
  ctx: Ctx,
  { job }: UploadAttempt,
  { bucket, omittedHeaders }: UploadSite,
  destination: DestinationRow | null,
  begun: BegunUpload | null,
): Promise<void> {
  await warnOmitted(ctx, job.id, begun?.omittedHeaders ?? omittedHeaders);
  if (destination && begun?.lesson)
    await recordUploadFacts(ctx, destination, { jobId: job.id, bucket }, begun.lesson);
}

/** No row names this upload, so no sweep will find it: what cannot be aborted now is left to the bucket's lifecycle rule. */
async function takeBack(ctx: Ctx, site: UploadSite, { id, key, uploadId }: NewPlacement): Promise<void> {
  try {
    await site.abort({ placementId: id, key, uploadId });
  } catch (error) {
    ctx.log.error('storage.discard_failed', { placementId: id, error: errorText(error) });
  }
}

async function currentPlan(ctx: Ctx, live: UploadAttempt, artifact: ArtifactRow): Promise<UploadPlan> {
  const current = await findCurrent(ctx, artifact.id);
  if (!current) return refuseDeadAttempt(ctx, live);
  return toUploadPlan(current);
}

type NewPlacement = Pick<
  PlacementRow,
  | 'id'
  | 'artifactId'
  | 'destinationId'
  | 'via'
  | 'status'
  | 'kind'
  | 'partSizeBytes'
  | 'digest'
  | 'bucket'
  | 'key'
  | 'uploadId'
  | 'errorCode'
  | 'errorDetail'
  | 'createdAt'
>;

function newRow(
  ctx: Ctx,
  artifact: ArtifactRow,
  values: Pick<
    PlacementRow,
    'id' | 'destinationId' | 'via' | 'bucket' | 'key' | 'uploadId' | 'kind' | 'partSizeBytes' | 'digest'
  >,
): NewPlacement {
  return {
    ...values,
    artifactId: artifact.id,
    status: 'open',
    errorCode: null,
    errorDetail: null,
    createdAt: ctx.now(),
  };
}

async function recordRefusal(
  ctx: Ctx,
  live: UploadAttempt,
  artifact: ArtifactRow,
  destination: DestinationRow,
  { code, detail }: Failure,
): Promise<void> {
  ctx.log.info('storage.fallback', { jobId: live.job.id, attempt: live.attempt, code });
  const row = newRow(ctx, artifact, {
    id: ctx.newId(),
    destinationId: destination.id,
    via: 's3',
    bucket: live.job.request.storageBucket ?? destination.bucket,
    key: '',
    uploadId: null,
    kind: 'single',
    partSizeBytes: 0,
    digest: 'sha256',
  });
  await insertWhile(ctx, live, { ...row, status: 'aborted', errorCode: code, errorDetail: detail ?? null });
}

/** False when the attempt is no longer live, or the artifact already has a placement that counts. */
function insertPlacement(ctx: Ctx, live: UploadAttempt, row: NewPlacement): Promise<boolean> {
  const none = sql`NOT EXISTS (SELECT 1 FROM ${placements} WHERE ${placements.artifactId} = ${row.artifactId}
    AND ${placements.status} IN ('open', 'completing', 'stored') AND ${placements.errorCode} IS NULL)`;
  return insertWhile(ctx, live, row, none);
}

/** Only while the attempt is live, and `guard` holds. */
async function insertWhile(ctx: Ctx, live: UploadAttempt, row: NewPlacement, guard?: SQL): Promise<boolean> {
  const values = ctx.db
    .select(boundRow(placements, { ...row, jobId: live.job.id, attempt: live.attempt }))
    .from(jobs)
    .where(and(isLive(live), guard));
  const inserted = await ctx.db.insert(placements).select(values).returning({ id: placements.id });
  return inserted.length > 0;
}

function isAboutAttempt({ code }: AppError): boolean {
  return code === 'stale' || code === 'cancel_requested';
}
