/** The way of one request through the stand-in: address, signature, rights, headers, body, operation. */
import { readAddress, type Address } from './requests/address.ts';
import { authorise, countedHeaders, identify, type Incoming, type Service } from './requests/admit.ts';
import type { Answer } from './answer.ts';
import type { Principal } from './signing/authenticate.ts';
import type { Bucket } from './bucket.ts';
import type { Call } from './operations/call.ts';
import { completeUpload } from './operations/complete.ts';
import { corsHeaders, preflight } from './operations/cors.ts';
import { checkFraming, readBody } from './requests/framing.ts';
import { checkPayloadHash } from './operations/integrity.ts';
import { abortUpload, createUpload, uploadPart } from './operations/multipart.ts';
import { deleteObject, headBucket, putObject } from './operations/objects.ts';
import type { Operation } from './requests/request-record.ts';
import { readObject } from './operations/read-object.ts';
import { readTrailedBody, UNSIGNED_TRAILER } from './requests/trailing-checksum.ts';
import { S3Error } from './s3-error.ts';
import { UNSIGNED_PAYLOAD } from './signing/sigv4.ts';

const OPERATIONS: Record<Exclude<Operation, 'Preflight' | 'Unknown'>, (call: Call) => Answer> = {
  PutObject: putObject,
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: abortUpload,
  GetObject: readObject,
  HeadObject: readObject,
  DeleteObject: deleteObject,
  HeadBucket: headBucket,
};

/** A conditional write owns its key from its first byte to its end; a second one meanwhile is a 409. */
function claimKey(bucket: Bucket, key: string, isConditional: boolean): () => void {
  if (!isConditional) return () => undefined;
  if (bucket.claimedKeys.has(key))
    throw new S3Error('ConditionalRequestConflict', { detail: { Condition: 'If-None-Match' } });
  bucket.claimedKeys.add(key);
  return () => bucket.claimedKeys.delete(key);
}

async function perform(
  service: Service,
  incoming: Incoming,
  address: Address,
  bucket: Bucket,
  principal: Principal | null,
): Promise<Answer> {
  const { message, request, operation, nowMs } = incoming;
  const { profile } = service;
  const headers = countedHeaders(profile, request);
  authorise(principal, bucket, operation, headers);
  if (operation === 'Preflight' || operation === 'Unknown') throw new S3Error('NotImplemented');
  checkFraming(request, operation, principal?.payloadHash ?? UNSIGNED_PAYLOAD, profile);
  const isWrite = operation === 'PutObject' || operation === 'CompleteMultipartUpload';
  const isConditional = isWrite && headers.has('if-none-match') && profile.ifNoneMatch === 'honoured';
  const release = claimKey(bucket, address.key, isConditional);
  try {
    const raw = await readBody(message);
    incoming.record.bodySizeBytes = raw.length;
    const hasTrailer = principal?.payloadHash === UNSIGNED_TRAILER;
    const { body, trailer } = hasTrailer ? readTrailedBody(request, raw) : { body: raw, trailer: null };
    if (principal && !hasTrailer) checkPayloadHash(principal.payloadHash, body);
    if (trailer) headers.set(...trailer);
    return OPERATIONS[operation]({
      profile,
      bucket,
      key: address.key,
      request,
      headers,
      body,
      principal,
      nowMs,
    });
  } finally {
    release();
  }
}

/** Answers one request, or throws the S3Error to answer with. */
export async function serve(service: Service, incoming: Incoming): Promise<Answer> {
  const address = readAddress(incoming.request, service.virtualHostBase);
  const bucket = service.buckets.get(address.bucket);
  if (incoming.operation === 'Preflight') return preflight(bucket?.cors ?? [], incoming.request);
  const principal = identify(service, incoming, address);
  if (!bucket) throw new S3Error('NoSuchBucket', { detail: { BucketName: address.bucket } });
  const answer = await perform(service, incoming, address, bucket, principal);
  return { ...answer, headers: { ...answer.headers, ...corsHeaders(bucket.cors, incoming.request) } };
}
