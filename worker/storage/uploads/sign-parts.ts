import { appErrorAsValue } from '../../app-error-as-value.ts';
import type { AttemptRef } from '../../attempts/attempt-token.ts';
import { mintGrant, type UploadTerms } from '../../attempts/upload-grant.ts';
import type { Ctx } from '../../context.ts';
import type { PartToSign, SignedRequest, UploadPlan } from '../../contract/downloader/upload-plan.ts';
import { AppError } from '../../errors.ts';
import { reopenTarget } from '../destinations/target-cache.ts';
import { directSite } from '../sites/direct-site.ts';
import { relaySite } from '../sites/relay-site.ts';
import { s3Site } from '../sites/s3-site.ts';
import type { UploadSite } from '../sites/upload-site.ts';
import { checkDigest, checkPart, checkSingle } from './check-parts.ts';
import { readTerms, type UploadRequest } from './upload-terms.ts';

interface PartsToSign extends UploadRequest {
  parts: PartToSign[];
  /** The token of the attempt. */
  token: string;
}

/**
 * Requests for parts of an open upload. Each is valid only for the bytes of its digest. The grant in the answer is the one of the call, or a
 * new one if that has ended. AppError `not_found`, `invalid_request`, `stale`, `cancel_requested`, `source_too_large`, `source_copy_changed`, `storage_*`.
 */
export async function signParts(
  ctx: Ctx,
  { parts, token, ...request }: PartsToSign,
): Promise<{ requests: SignedRequest[]; grant: string }> {
  const { terms, grant: valid } = await readTerms(ctx, request);
  for (const part of parts) {
    checkPart(ctx.config, terms, part);
    checkSingle(terms, part);
    checkDigest(terms.digest, part);
  }
  const site = await openSiteOf(ctx, terms);
  if (parts.some(({ number }) => number > site.maxParts))
    throw new AppError('storage_rejected', `it takes no more than ${site.maxParts} parts`);
  const grant = valid ?? (await mintGrant(ctx, terms));
  return { requests: await site.sign({ ...terms, token, grant }, parts), grant };
}

/** How many requests come with a plan: for a larger file, a call for dozens of further ones follows while these are sent. */
const FIRST_PARTS = 16;

/** What is known about a file before its upload begins. */
interface KnownFile {
  sizeBytes: number | null;
  /** Of a file of one part, if its bytes have come in. */
  crc32?: string | undefined;
}

/**
 * Requests for the first parts of an upload that has just begun. Undefined when something about the file must be known first,
 * or when they cannot be signed: the downloader then asks for them, and gets the error.
 */
export async function signFirstParts(
  ctx: Ctx,
  { plan, sizeBytes, crc32, token, ...ref }: AttemptRef & KnownFile & { plan: UploadPlan; token: string },
): Promise<SignedRequest[] | undefined> {
  const { placementId, grant } = plan;
  const parts = firstParts(plan, { sizeBytes, crc32 });
  if (parts.length === 0 || grant === undefined) return undefined;
  const signed = await appErrorAsValue(signParts(ctx, { ...ref, placementId, grant, parts, token }));
  return signed instanceof AppError ? undefined : signed.requests;
}

function firstParts(
  { kind, digest, partSizeBytes }: UploadPlan,
  { sizeBytes, crc32 }: KnownFile,
): PartToSign[] {
  if (sizeBytes === null) return [];
  if (kind === 'single')
    return digest === 'crc32' && crc32 !== undefined ? [{ number: 1, sizeBytes, digest: crc32 }] : [];
  if (digest !== 'crc32-trailer') return [];
  const count = Math.min(FIRST_PARTS, Math.ceil(sizeBytes / partSizeBytes));
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    sizeBytes: Math.min(partSizeBytes, sizeBytes - index * partSizeBytes),
    digest: '',
  }));
}

/** The site where the upload began, even if the settings have changed since: an upload stays in its bucket. */
async function openSiteOf(ctx: Ctx, terms: UploadTerms): Promise<UploadSite> {
  const { via, destinationId, destinationRevision: revision, bucket, storageClass } = terms;
  if (via === 'relay') return relaySite(ctx);
  if (via === 'direct') return directSite(ctx);
  if (destinationId === null || revision === null) throw new AppError('storage_not_configured');
  return s3Site(ctx, await reopenTarget(ctx, { destinationId, revision, bucket, storageClass }));
}
