/** Acts as a downloader with plans and signed requests, in a form for tests. */
import { crc32 } from 'node:zlib';
import type { Ctx } from '../../../worker/context.ts';
import type { ImportRequest } from '../../../worker/contract/api/import-request.ts';
import type { ArtifactRequest, CompleteRequest } from '../../../worker/contract/downloader/report.ts';
import type {
  PartToSign,
  SignedRequest,
  UploadPlan,
} from '../../../worker/contract/downloader/upload-plan.ts';
import type { JobRow, LiveAttempt, PlacementRow } from '../../../worker/db/rows.ts';
import { chunkHead, chunkTail } from '../../../worker/contract/encoding/aws-chunked.ts';
import { encodeCrc32 } from '../../../worker/contract/encoding/crc32.ts';
import { kindOf } from '../../../worker/jobs/kinds/kinds.ts';
import { OWN_FEATURES, parseFeatures } from '../../../worker/contract/downloader/features.ts';
import { putServicePart } from '../../../worker/storage/uploads/put-service-part.ts';
import { signParts } from '../../../worker/storage/uploads/sign-parts.ts';
import type { UploadAttempt } from '../../../worker/storage/uploads/upload-rules.ts';
import { refOf } from './claimed.ts';
import { makeJob } from './rows.ts';

export const MIB = 1024 ** 2;

/** The live attempt of a processing job, as the routes pass it to the verbs of uploads. Its downloader is of the first version. */
export function attemptOf(job: JobRow): UploadAttempt {
  return { job, attempt: job.attempt, rules: kindOf(job).uploads!, features: new Set() };
}

/** The live attempt of a new processing job. */
export async function makeLive(
  ctx: Ctx,
  request: Partial<ImportRequest> = {},
  workspaceId?: string,
): Promise<UploadAttempt> {
  const job = await makeJob(ctx, {
    status: 'processing',
    request: { url: 'https://media.example/clip.mp4', ...request },
    ...(workspaceId !== undefined && { workspaceId }),
  });
  return attemptOf(job);
}

/** The same attempt, of a downloader of this version. */
export function withFeatures(live: UploadAttempt): UploadAttempt {
  return { ...live, features: parseFeatures(OWN_FEATURES) };
}

export function artifactRequest(values: Partial<ArtifactRequest> = {}): ArtifactRequest {
  return {
    role: 'media',
    title: 'Rick Astley - Never Gonna Give You Up',
    extension: 'mp4',
    contentType: 'video/mp4',
    sizeBytes: null,
    source: { way: 'direct', reason: 'the response is a media file' },
    ...values,
  };
}

/** Pseudo-random bytes, the same for the same seed. */
export function someBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

/** The body with which the downloader sends a part by this request: with a trailer if the request announces one. */
export function asSent(
  { headers }: Pick<SignedRequest, 'headers'>,
  bytes: Uint8Array<ArrayBuffer>,
  crc32 = crc32Of(bytes),
): Uint8Array<ArrayBuffer> {
  if (headers['x-amz-trailer'] === undefined) return bytes;
  return new Uint8Array(
    Buffer.concat([Buffer.from(chunkHead(bytes.length)), bytes, Buffer.from(chunkTail(crc32))]),
  );
}

export function crc32Of(bytes: Uint8Array): string {
  return encodeCrc32(crc32(bytes));
}

export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A byte stream in pieces, like the body of a request. */
export function streamOf(bytes: Uint8Array<ArrayBuffer>, pieceBytes = 64 * 1024): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      if (at >= bytes.length) {
        controller.close();
        return controller.byobRequest?.respond(0);
      }
      // A copy, because the controller detaches the buffer.
      controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
}

export function partsOf(bytes: Uint8Array<ArrayBuffer>, partSizeBytes: number): Uint8Array<ArrayBuffer>[] {
  const count = Math.ceil(bytes.length / partSizeBytes);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * partSizeBytes, (index + 1) * partSizeBytes),
  );
}

export function completeRequest(
  bytes: Uint8Array<ArrayBuffer>,
  parts: { bytes: Uint8Array; etag: string }[],
): CompleteRequest {
  return {
    parts: parts.map((part, index) => ({ number: index + 1, etag: part.etag, crc32: crc32Of(part.bytes) })),
    sizeBytes: bytes.length,
    checksums: { crc32: crc32Of(bytes) },
    facts: {
      container: 'mp4',
      durationSeconds: 213,
      width: 1920,
      height: 1080,
      videoCodec: 'h264',
      audioCodec: 'aac',
    },
  };
}

export async function placementsOf(ctx: Ctx, { job }: LiveAttempt): Promise<PlacementRow[]> {
  return ctx.db.query.placements.findMany({
    where: (row, { eq }) => eq(row.jobId, job.id),
    orderBy: (row, { asc }) => [asc(row.createdAt), asc(row.id)],
  });
}

/** Requests for parts, as a downloader without a grant gets them. */
export async function signFor(
  ctx: Ctx,
  {
    live: { job },
    placementId,
    parts,
    token = 'token',
  }: { live: LiveAttempt; placementId: string; parts: PartToSign[]; token?: string },
): Promise<SignedRequest[]> {
  return (await signParts(ctx, { ...refOf(job), placementId, grant: null, parts, token })).requests;
}

/** Sends one part to service storage. */
export function put(
  ctx: Ctx,
  live: LiveAttempt,
  plan: UploadPlan,
  number: number,
  bytes: Uint8Array<ArrayBuffer>,
  crc32 = crc32Of(bytes),
) {
  const part = { number, body: streamOf(bytes), sizeBytes: bytes.length, crc32 };
  const { placementId, grant = null } = plan;
  return putServicePart(ctx, { ...refOf(live.job), placementId, grant, part });
}

/** Sends all parts to service storage, and returns the body of Complete. */
export async function putAll(ctx: Ctx, live: LiveAttempt, plan: UploadPlan, bytes: Uint8Array<ArrayBuffer>) {
  const sent = [];
  for (const [index, part] of partsOf(bytes, plan.partSizeBytes).entries()) {
    sent.push({ bytes: part, ...(await put(ctx, live, plan, index + 1, part)) });
  }
  return completeRequest(bytes, sent);
}
