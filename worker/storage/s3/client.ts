/** Requests to a customer's storage: signed, bounded in time and size, retried, never redirected. */
import { AwsV4Signer } from 'aws4fetch';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { correctedRegion, refusedHeader } from './corrections.ts';
import { s3Error, type S3Refusal } from './error.ts';
import { inRegion, objectUrl, type S3Target } from './target.ts';
import { sha256Hex } from '../../sha256.ts';

export interface S3Request {
  method: 'POST' | 'DELETE' | 'HEAD' | 'PUT';
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** If the provider refuses one of these headers, the request is repeated without it. */
  optionalHeaders?: Record<string, string>;
  body?: string;
  /** For one try. Default: TIMEOUT_MS. */
  timeoutMs?: number;
  /** 1 for requests that the caller repeats. Default: MAX_TRIES. */
  maxTries?: number;
}

export interface S3Answer {
  headers: Headers;
  body: string;
  /** The region that the last try was signed for. */
  region: string;
  /** Names of the optional headers that the provider refused. */
  droppedHeaders: string[];
}

type Outcome =
  | { answer: Pick<S3Answer, 'headers' | 'body'> }
  | { error: AppError; isTransient: boolean; refusal?: S3Refusal };

/**
 * Tries of one request. No try starts later than RETRY_WINDOW_MS after the first. A job without progress ends after
 * STALL_SECONDS (60), so requests to a provider that hangs must fail earlier and leave time for the fallback.
 */
const MAX_TRIES = 4;
const RETRY_WINDOW_MS = 25_000;
/** Longest first wait in milliseconds, doubled after each try. Waits are random, so that uploads do not retry at once. */
const BACKOFF_MS = 500;
const TIMEOUT_MS = 10_000;
/**
 * For every request that reads: Cloudflare may answer a `.mp4` from its edge cache, which says nothing about the bucket.
 * Not for requests that write: it adds `Cache-Control` to a PUT, which S3 stores with the object.
 */
export const PAST_CACHE = { cache: 'no-store' } as const satisfies RequestInit;
/** Bytes of an answer that are read. Answers of S3 are a few hundred bytes of XML. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Sends a request and retries temporary failures. If the provider names another region, the request is signed for that
 * region, once; optional headers that the provider refuses are left out. Never follows a redirect. AppError `storage_*`.
 */
export async function s3Request(ctx: Ctx, target: S3Target, request: S3Request): Promise<S3Answer> {
  const { maxTries = MAX_TRIES } = request;
  const deadline = ctx.now() + RETRY_WINDOW_MS;
  let corrected: CorrectedRequest = { target, request, droppedHeaders: [] };
  for (let tries = 1; ;) {
    const outcome = await tryOnce(ctx, corrected.target, corrected.request);
    if ('answer' in outcome)
      return { ...outcome.answer, region: corrected.target.region, droppedHeaders: corrected.droppedHeaders };
    const next = outcome.refusal && correct(corrected, outcome.refusal, target.region);
    if (next) {
      corrected = next;
      continue;
    }
    if (!outcome.isTransient || tries >= maxTries || ctx.now() > deadline) throw outcome.error;
    await wait(ctx.random() * BACKOFF_MS * 2 ** (tries - 1));
    tries++;
  }
}

/** A request with the corrections that the provider asked for so far. */
interface CorrectedRequest {
  target: S3Target;
  request: S3Request;
  droppedHeaders: string[];
}

/** The corrected request; null when the refusal is final. The region changes only once, so that two servers cannot loop. */
function correct(
  { target, request, droppedHeaders }: CorrectedRequest,
  refusal: S3Refusal,
  firstRegion: string,
): CorrectedRequest | null {
  const region = target.region === firstRegion ? correctedRegion(target, refusal) : null;
  if (region !== null) return { target: inRegion(target, region), request, droppedHeaders };
  const header = refusedHeader(request.optionalHeaders ?? {}, refusal);
  if (header === null) return null;
  const { [header]: _, ...optionalHeaders } = request.optionalHeaders ?? {};
  return { target, request: { ...request, optionalHeaders }, droppedHeaders: [...droppedHeaders, header] };
}

async function tryOnce(ctx: Ctx, target: S3Target, request: S3Request): Promise<Outcome> {
  const signed = await sign(ctx, target, request);
  let answer: Pick<S3Answer, 'headers' | 'body'>;
  let status: number;
  try {
    const response = await send(ctx, request, signed);
    status = response.status;
    answer = { headers: response.headers, body: await readBounded(response) };
  } catch {
    // The cause is not passed on: it may name internal addresses.
    return { error: new AppError('storage_unreachable'), isTransient: true };
  }
  return s3Error(status, answer.headers, answer.body) ?? { answer };
}

interface Signed {
  url: URL;
  headers: Headers;
}

/** Called for each try, because a signature contains its time. */
async function sign(ctx: Ctx, target: S3Target, request: S3Request): Promise<Signed> {
  const signer = new AwsV4Signer({
    method: request.method,
    url: objectUrl(target, request.key, request.query),
    headers: {
      ...request.headers,
      ...request.optionalHeaders,
      ...ownerHeader(target),
      'x-amz-content-sha256': await sha256Hex(request.body ?? ''),
    },
    ...signerOptions(target, ctx.now()),
  });
  return signer.sign();
}

function send(ctx: Ctx, request: S3Request, { url, headers }: Signed): Promise<Response> {
  return ctx.fetch(url.href, {
    method: request.method,
    headers,
    // Google answers 411 to a POST without Content-Length.
    body: request.method === 'POST' || request.method === 'PUT' ? (request.body ?? '') : null,
    redirect: 'manual',
    signal: AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS),
    ...(request.method === 'HEAD' && PAST_CACHE),
  });
}

/** The start of the body as text, at most MAX_ANSWER_BYTES. */
export async function readBounded(response: Response): Promise<string> {
  if (!response.body) return '';
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body) {
    sizeBytes += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (sizeBytes > MAX_ANSWER_BYTES) break;
    chunks.push(chunk);
  }
  return new Blob(chunks).text();
}

/** The options of every signature for a target. `now` is in Unix milliseconds. */
export function signerOptions(target: S3Target, now: number) {
  const { region, accessKeyId, secretAccessKey, sessionToken } = target;
  const keys = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  return { ...keys, service: 's3', region, datetime: amzDate(now), cache: signingKeysOf(target) };
}

/** Keys that aws4fetch derives from the secret, one for each day. Their derivation is three quarters of the cost of a signature. */
const signingKeys = new WeakMap<S3Target, Map<string, ArrayBuffer>>();

function signingKeysOf(target: S3Target): Map<string, ArrayBuffer> {
  const keys = signingKeys.get(target) ?? new Map<string, ArrayBuffer>();
  signingKeys.set(target, keys);
  return keys;
}

/** Sent with every request, so that files do not go to a bucket that another account owns now. */
export function ownerHeader({ expectedBucketOwner }: S3Target): Record<string, string> {
  return expectedBucketOwner === undefined ? {} : { 'x-amz-expected-bucket-owner': expectedBucketOwner };
}

/** A time in Unix milliseconds in the format of SigV4, `20261124T083000Z`. */
function amzDate(now: number): string {
  return new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
