/** Starts uploads: in the customer's bucket if there is one, else in service storage, also when the bucket refuses. */
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../../context.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { ArtifactRow, DestinationRow, PlacementRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { errorText } from '../../error-text.ts';
import { toFailure } from '../../to-failure.ts';
import { refuseDeadAttempt } from '../../attempts/fence.ts';
import { mintGrant } from '../../attempts/upload-grant.ts';
import { checkBucketAllowed, isConditional } from '../destinations/check-storage-choice.ts';
import { openRecent } from '../destinations/target-cache.ts';
import { requireEndpoint } from '../destinations/endpoint-verdict.ts';
import { recordUploadFacts, warnOmitted } from '../destinations/learned-facts.ts';
import type { UploadPlace } from '../destinations/several-destinations.ts';
import { serviceKey } from '../names/object-key.ts';
import { profileForHost } from '../s3/provider-profiles.ts';
import { endpointOf, withoutTrailers } from '../s3/target.ts';
import { directSite, directTarget } from '../sites/direct-site.ts';
import { relaySite } from '../sites/relay-site.ts';
import { s3Site } from '../sites/s3-site.ts';
import type { BegunUpload, UploadSite } from '../sites/upload-site.ts';
import { keyAtDestination } from './choose-key.ts';
import { choosePlan, chooseSamePlan, commonLimits, fitsSinglePut, type PlanShape } from './choose-plan.ts';
import { giveUpSecondaryAt } from './give-up-secondary.ts';
import { insertPlacement, recordRefusal, type NewPlacement } from './insert-placement.ts';
import { logRefusal } from './log-refusal.ts';
import {
  currentOf,
  listPlacements,
  listSecondaries,
  selectArtifact,
  toUploadPlan,
} from './placement-rows.ts';
import { placeAfter } from './place-after.ts';
import type { UploadAttempt } from './upload-rules.ts';
import { termsOf } from './upload-terms.ts';

/** A file to upload. */
interface FileToUpload {
  live: UploadAttempt;
  artifact: ArtifactRow;
  /** Its placements so far. */
  earlier: PlacementRow[];
  /** Statements that must precede the first row about an upload of it. */
  announcement?: BatchItem<'sqlite'>[];
}

/** What an upload does without, since the upload before was refused because of it. */
export type Avoided = 'singlePut' | 'trailers';

/**
 * Starts an upload to the destination, or elsewhere (`placeAfter`) when the destination refuses; a row of its own keeps the
 * error. AppError `storage_*` where no fallback is allowed.
 */
export async function startAtDestination(
  ctx: Ctx,
  { destination, without, ...file }: FileToUpload & { destination: DestinationRow; without?: Avoided },
): Promise<UploadPlan> {
  const { live, artifact, announcement } = file;
  try {
    if (file.earlier.length > 0) await giveUpSecondaryAt(ctx, artifact, destination.id);
    const { site: opened, key } = await prepareDestination(ctx, { ...file, destination, without });
    const site = { ...opened, singlePut: opened.singlePut && without !== 'singlePut' };
    return await start(ctx, { live, artifact, announcement, site, key, destination });
  } catch (error) {
    if (!(error instanceof AppError) || isAboutAttempt(error)) throw error;
    const failure = toFailure(error);
    const tried = [destination.id, ...file.earlier.map(({ destinationId }) => destinationId)];
    const place = await placeAfter(ctx, { live, destination, code: error.code, tried });
    const next = place === undefined ? null : storageOf(place);
    logRefusal(ctx, { live, failure, placement: null, destination, next });
    if (place === undefined) throw error;
    await recordRefusal(ctx, { live, artifact, announcement, destination, failure });
    return startAtPlace(ctx, place, { ...file, earlier: await listPlacements(ctx, artifact) });
  }
}

/** Checks the settings and the endpoint, and chooses the name of the file. AppError `storage_*`. */
async function prepareDestination(
  ctx: Ctx,
  file: FileToUpload & { destination: DestinationRow; without?: Avoided | undefined },
): Promise<{ site: UploadSite; key: string }> {
  const { live, destination, without } = file;
  const { storageBucket: bucket, storageClass } = live.job.request;
  checkBucketAllowed(destination, bucket);
  const target = await openRecent(ctx, destination, { bucket, storageClass });
  await requireEndpoint(ctx, { row: destination, target, slot: live.job.slot });
  const takesTrailers = live.features.has('trailers') && without !== 'trailers';
  const site = s3Site(ctx, takesTrailers ? target : withoutTrailers(target));
  return { site, key: await keyAtDestination(ctx, { ...file, site }) };
}

/** Starts an upload to another destination, of the same parts as the primary upload. AppError `storage_*`. */
export async function startSecondary(
  ctx: Ctx,
  { placementId, partSizeBytes, ...file }: FileToUpload & Secondary & { destination: DestinationRow },
): Promise<UploadPlan> {
  const { live, artifact, destination } = file;
  const prepared = await prepareDestination(ctx, file);
  const secondary = { placementId, partSizeBytes };
  return start(ctx, { live, artifact, ...prepared, destination, secondary });
}

/** Starts an upload to service storage or to a destination. */
export function startAtPlace(ctx: Ctx, place: UploadPlace, file: FileToUpload): Promise<UploadPlan> {
  return place === 'service'
    ? startInService(ctx, file)
    : startAtDestination(ctx, { ...file, destination: place });
}

function storageOf(place: UploadPlace): UploadPlan['storage'] {
  return place === 'service' ? 'service' : 'destination';
}

/** Starts an upload to service storage, under a key that no earlier upload used. */
export async function startInService(
  ctx: Ctx,
  { live, artifact, earlier, announcement }: FileToUpload,
): Promise<UploadPlan> {
  const upload = earlier.filter((row) => row.destinationId === null).length;
  const { job, attempt } = live;
  const { title, extension } = artifact;
  const { workspaceId } = job;
  const key = serviceKey({ workspaceId, jobId: job.id, attempt, upload, title, extension });
  // After a direct upload failed, for whatever reason, the next one passes through the Worker.
  const isDirect = upload === 0 && directTarget(ctx.config) !== null && !fitsSinglePut(artifact.sizeBytes);
  const site = isDirect ? directSite(ctx) : relaySite(ctx, live.features.has('trailers'));
  return start(ctx, { live, artifact, announcement, site, key, destination: null });
}

/** A single PUT is buffered and checked before it is sent, so its digest is known, and the signature covers it. */
const SINGLE_PUT_DIGEST = 'crc32';

interface Place {
  live: UploadAttempt;
  artifact: ArtifactRow;
  announcement?: BatchItem<'sqlite'>[] | undefined;
  site: UploadSite;
  key: string;
  /** Null for service storage. */
  destination: DestinationRow | null;
  /** Undefined for a primary upload. */
  secondary?: Secondary;
}

interface Secondary {
  placementId: string;
  /** The size of the parts of the primary upload. */
  partSizeBytes: number;
}

/** Begins the upload, then inserts its row. If another call has inserted one meanwhile, this upload is aborted. */
async function start(ctx: Ctx, place: Place): Promise<UploadPlan> {
  const { live, artifact, announcement, site } = place;
  const { placement, begun } = await begin(ctx, place);
  let isInserted: boolean;
  try {
    await recordLesson(ctx, place, begun);
    isInserted = await insertPlacement(ctx, { live, artifact, announcement, placement });
  } catch (error) {
    await abort(ctx, site, placement);
    throw error;
  }
  if (isInserted) return grantedPlan(ctx, place, placement);
  await abort(ctx, site, placement);
  const current = currentOf(await listRivals(ctx, place));
  return current ? toUploadPlan(current) : refuseDeadAttempt(ctx, live);
}

/** The plan with its grant, for a downloader that knows grants. */
async function grantedPlan(
  ctx: Ctx,
  { live, artifact, destination }: Place,
  placement: NewPlacement,
): Promise<UploadPlan> {
  const plan = toUploadPlan(placement);
  if (!live.features.has('grants')) return plan;
  const terms = await termsOf(ctx, { live, artifact, placement, destination });
  return { ...plan, grant: await mintGrant(ctx, terms) };
}

/** The uploads of which only one can be open. */
async function listRivals(
  ctx: Ctx,
  { live, artifact, destination, secondary }: Place,
): Promise<PlacementRow[]> {
  // Another call may have announced the file, under another id.
  if (!secondary) return (await ctx.db.batch(selectArtifact(ctx, { live, role: artifact.role })))[1];
  const rows = await listSecondaries(ctx, artifact);
  return rows.filter(({ destinationId }) => destinationId === destination?.id);
}

async function begin(
  ctx: Ctx,
  place: Place,
): Promise<{ placement: NewPlacement; begun: BegunUpload | null }> {
  const { artifact, site, key, destination, secondary } = place;
  const shape = await chooseShape(ctx, place);
  if (!shape) throw new AppError('storage_rejected', 'the file is larger than the storage can take');
  const placementId = secondary?.placementId ?? ctx.newId();
  const begun =
    shape.kind === 'single' ? null : await site.create({ placementId, key }, artifact.contentType);
  const placement: NewPlacement = {
    id: placementId,
    destinationId: destination?.id ?? null,
    via: site.via,
    bucket: site.bucket,
    key,
    uploadId: begun?.uploadId ?? null,
    digest: begun?.digest ?? SINGLE_PUT_DIGEST,
    isSecondary: secondary !== undefined,
    ...shape,
  };
  return { placement, begun };
}

/** Of several destinations, all get the same parts, if one size of parts suits all of them. */
async function chooseShape(
  ctx: Ctx,
  { live, artifact: { sizeBytes }, site, secondary }: Place,
): Promise<PlanShape | null> {
  // A single PUT has no condition: only a Complete, which this Worker sends, can tell a conflict from a lost answer.
  const singlePut = site.singlePut && !isConditional(live.job.request);
  const limits = { ...site, singlePut, maxBytes: ctx.config.MAX_BYTES };
  if (secondary) return chooseSamePlan(sizeBytes, secondary.partSizeBytes, limits);
  const several = (await live.rules.listDestinations?.(ctx, live.job)) ?? [];
  const profiles = several.map((row) => profileForHost(endpointOf(row).hostname));
  return choosePlan(sizeBytes, commonLimits(limits, profiles)) ?? choosePlan(sizeBytes, limits);
}

/** Stores what the answers of the storage taught, and adds a warning to the job for each header that was left out. */
async function recordLesson(
  ctx: Ctx,
  { live: { job }, site: { bucket, omittedHeaders }, destination }: Place,
  begun: BegunUpload | null,
): Promise<void> {
  await warnOmitted(ctx, job.id, begun?.omittedHeaders ?? omittedHeaders);
  if (destination && begun?.lesson)
    await recordUploadFacts(ctx, destination, { jobId: job.id, bucket }, begun.lesson);
}

/** No row names this upload, so the sweep cannot find it: if the abort fails, the bucket's lifecycle rule removes it. */
async function abort(ctx: Ctx, site: UploadSite, { id, key, uploadId }: NewPlacement): Promise<void> {
  try {
    await site.abort({ placementId: id, key, uploadId });
  } catch (error) {
    ctx.log.error('storage.discard_failed', { placementId: id, error: errorText(error) });
  }
}

function isAboutAttempt({ code }: AppError): boolean {
  return code === 'stale' || code === 'cancel_requested';
}
