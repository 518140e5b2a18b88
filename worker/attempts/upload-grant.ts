/**
 * Grants: what a call for the parts of one upload needs to know, signed by this Worker, so that it asks no database. A grant ends with the lease
 * that its attempt had when it was made.
 */
import type { Ctx } from '../context.ts';
import type { PartDigest } from '../contract/downloader/upload-plan.ts';
import { fromBase64, toBase64Url } from '../contract/encoding/base64.ts';
import type { ArtifactRow, JobRow, PlacementRow } from '../db/rows.ts';
import type { AttemptRef } from './attempt-token.ts';
import { isSigned, signText } from './signed-text.ts';

/** An upload as its parts see it. */
export interface UploadTerms extends AttemptRef {
  placementId: string;
  /** The slot of the downloader that sends the parts. */
  slot: JobRow['slot'];
  via: PlacementRow['via'];
  kind: PlacementRow['kind'];
  destinationId: string | null;
  /** See `revisionOf`; null for service storage. */
  destinationRevision: string | null;
  bucket: string;
  key: string;
  uploadId: string | null;
  partSizeBytes: number;
  digest: PartDigest;
  contentType: string;
  storageClass: string | null;
  /** The size of the file, if it is known. */
  sizeBytes: ArtifactRow['sizeBytes'];
  /** The CRC-32 of the file, if it is known. */
  crc32: ArtifactRow['crc32'];
  /** The end of the lease, in unix milliseconds. */
  leaseUntil: number;
}

/** Other members of the terms need another number here: then the grants of other versions count as wrong. */
const DOMAIN = 'importly upload grant 1';
/** `terms.signature`: JSON and 32 bytes, both in base64url. */
const FORM = /^([\w-]{1,8000})\.([\w-]{43})$/;

/** The grant of an upload. */
export async function mintGrant(ctx: Ctx, terms: UploadTerms): Promise<string> {
  const text = toBase64Url(new TextEncoder().encode(JSON.stringify(terms)));
  return `${text}.${await signText(ctx, { domain: DOMAIN, text })}`;
}

/** The terms of a grant, which may have ended. Null when it is wrong, or of another upload or attempt: then the database decides. */
export async function readGrant(
  ctx: Ctx,
  { grant, jobId, attempt, placementId }: AttemptRef & { grant: string; placementId: string },
): Promise<UploadTerms | null> {
  const [, text, signature] = FORM.exec(grant) ?? [];
  if (!text || !signature || !(await isSigned(ctx, { domain: DOMAIN, text, signature }))) return null;
  const terms = JSON.parse(new TextDecoder().decode(fromBase64(text))) as UploadTerms;
  const isOfThis = terms.jobId === jobId && terms.attempt === attempt && terms.placementId === placementId;
  return isOfThis ? terms : null;
}
