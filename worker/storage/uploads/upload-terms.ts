/** The terms of an upload: from its grant, or from the database for a call without one. */
import { and, eq, sql } from 'drizzle-orm';
import { requireOwner } from '../../attempts/live-attempt.ts';
import type { AttemptRef } from '../../attempts/attempt-token.ts';
import { ShortMemory } from '../../attempts/short-memory.ts';
import { readGrant, type UploadTerms } from '../../attempts/upload-grant.ts';
import type { Ctx } from '../../context.ts';
import type { DestinationRow, LiveAttempt } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { isPlacement } from '../../db/upload-keys.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { AppError } from '../../errors.ts';
import { revisionOf } from '../destinations/target-cache.ts';
import type { NewPlacement } from './insert-placement.ts';
import { isOpen, type Upload } from './placement-rows.ts';

/** Names an upload of an attempt, with the grant that the call has carried. */
export interface UploadRequest extends AttemptRef {
  placementId: string;
  /** Null for downloaders of earlier versions. */
  grant: string | null;
}

/** The signature of a single PUT ends with the lease: with less than so many milliseconds, the lease that its attempt has now is read. */
const SINGLE_PUT_MS = 15_000;

/** Terms that were read for a grant that had ended, until the lease ends with which they were read. */
const renewed = new ShortMemory<UploadTerms>(100);

/**
 * What the parts of this upload must fit, and the grant if that of the call is valid. Without one the attempt must own its job, and the upload must be open. AppError `not_found`,
 * `invalid_request`, `stale`, `cancel_requested`, `storage_not_configured`.
 */
export async function readTerms(
  ctx: Ctx,
  request: UploadRequest,
): Promise<{ terms: UploadTerms; grant: string | null }> {
  const { grant } = request;
  const granted = grant === null ? null : await readGrant(ctx, { ...request, grant });
  if (granted === null) return { terms: await findTerms(ctx, request), grant: null };
  const nowMs = ctx.now();
  const neededMs = granted.kind === 'single' ? SINGLE_PUT_MS : 0;
  if (nowMs + neededMs < granted.leaseUntil) return { terms: granted, grant };
  // Parts may still carry the grant with which they were signed, dozens at a time.
  const key = `${request.placementId} ${request.attempt}`;
  const terms = renewed.get(key, nowMs) ?? (await findTerms(ctx, request));
  renewed.keep(key, terms, { nowMs, untilMs: terms.leaseUntil - neededMs });
  return { terms, grant: null };
}

async function findTerms(
  ctx: Ctx,
  { jobId, attempt, placementId }: Omit<UploadRequest, 'grant'>,
): Promise<UploadTerms> {
  const isThis = isPlacement({ jobId, attempt, id: placementId });
  const isOfAttempt = and(eq(artifacts.jobId, jobId), eq(artifacts.attempt, attempt));
  const column = (name: 'artifactId' | 'destinationId') =>
    ctx.db.select({ id: placements[name] }).from(placements).where(isThis);
  // Apart, because a batch of D1 merges columns of the same name.
  const [[job], [placement], [artifact], [destination]] = await ctx.db.batch([
    ctx.db.select().from(jobs).where(eq(jobs.id, jobId)),
    ctx.db.select().from(placements).where(isThis),
    ctx.db
      .select()
      .from(artifacts)
      .where(and(isOfAttempt, sql`${artifacts.id} = (${column('artifactId')})`)),
    ctx.db
      .select()
      .from(destinations)
      .where(sql`${destinations.id} = (${column('destinationId')})`),
  ]);
  const live = requireOwner(job, { jobId, attempt });
  if (!placement || !artifact) throw new AppError('not_found', 'This attempt has no such upload.');
  if (!isOpen(placement)) throw new AppError('invalid_request', 'This upload is no longer open.');
  if (placement.destinationId !== null && !destination) throw new AppError('storage_not_configured');
  return termsOf(ctx, { live, artifact, placement, destination: destination ?? null });
}

/** The terms of an upload whose attempt is live. */
export async function termsOf(
  ctx: Ctx,
  {
    live: { job, attempt },
    artifact: { contentType, sizeBytes, crc32 },
    placement,
    destination,
  }: Pick<Upload, 'artifact'> & {
    live: LiveAttempt;
    placement: NewPlacement;
    /** Null for service storage. */
    destination: DestinationRow | null;
  },
): Promise<UploadTerms> {
  const {
    id: placementId,
    via,
    kind,
    destinationId,
    bucket,
    key,
    uploadId,
    partSizeBytes,
    digest,
  } = placement;
  return {
    jobId: job.id,
    attempt,
    placementId,
    slot: job.slot,
    via,
    kind,
    bucket,
    key,
    uploadId,
    partSizeBytes,
    digest,
    contentType,
    sizeBytes,
    crc32,
    destinationId,
    destinationRevision: destination && (await revisionOf(destination)),
    storageClass: job.request.storageClass ?? null,
    leaseUntil: job.leaseUntil ?? ctx.now(),
  };
}
