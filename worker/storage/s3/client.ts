/** Requests to a customer's storage: signed, bounded in time and size, retried, never redirected. */
import { AwsV4Signer } from 'aws4fetch';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { correctedRegion, refusedHeader } from './corrections.ts';
import { s3Error, type S3Refusal } from './error.ts';
import { inRegion, objectUrl, type S3Target } from './target.ts';
import { sha256Hex } from './sha256.ts';

export interface S3Request {
  method: 'POST' | 'DELETE' | 'HEAD' | 'PUT';
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Headers that the request is repeated without, one by one, when the provider does not know them. */
  optionalHeaders?: Record<string, string>;
  body?: string;
  /** For one try; by default that of a call that answers at once. */
  timeoutMs?: number;
  /** 1 for what is repeated anyway by somebody else. */
  maxTries?: number;
}

export interface S3Answer {
  headers: Headers;
  body: string;
  /** The region that it was signed for in the end. */
  region: string;
  /** Names of the optional headers that the provider does not take. */
  droppedHeaders: string[];
}

type Outcome =
  | { answer: Pick<S3Answer, 'headers' | 'body'> }
  | { error: AppError; isTransient: boolean; refusal?: S3Refusal };

/**
 * Tries of one request, none begun later than RETRY_WINDOW_MS after the first. A job that makes no progress is ended after
 * STALL_SECONDS (60): a provider that hangs must be given up before that, so that there is time for the fallback.
 */
const MAX_TRIES = 4;
const RETRY_WINDOW_MS = 25_000;
/** First wait in milliseconds; doubled at each try, and any part of it, so that many uploads do not come back as one. */
const BACKOFF_MS = 500;
const TIMEOUT_MS = 10_000;
/**
 * For every request that reads: Cloudflare may answer a `.mp4` from its edge cache, which says nothing about the bucket.
 * Requests that write are not cached, and with it a PUT would carry `Cache-Control`, which S3 keeps with the object.
 */
export const PAST_CACHE = { cache: 'no-store' } as const satisfies RequestInit;
/** An answer that we understand is a few hundred bytes of XML. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Sends one request until it is answered for good. A wrong region is corrected by what the provider itself says, once, and
 * headers that it does not take are left out; a redirect is never followed. Throws AppError `storage_*`.
 */
export async function s3Request(ctx: Ctx, target: S3Target, request: S3Request): Promise<S3Answer> {
  const { maxTries = MAX_TRIES } = request;
  const deadline = ctx.now() + RETRY_WINDOW_MS;
  let way: Way = { target, request, droppedHeaders: [] };
  for (let tries = 1; ;) {
    const outcome = await tryOnce(ctx, way.target, way.request);
    if ('answer' in outcome)
      return { ...outcome.answer, region: way.target.region, droppedHeaders: way.droppedHeaders };
    const other = outcome.refusal && anotherWay(way, outcome.refusal, target.region);
    if (other) {
      way = other;
      continue;
    }
    if (!outcome.isTransient || tries >= maxTries || ctx.now() > deadline) throw outcome.error;
    await wait(ctx.random() * BACKOFF_MS * 2 ** (tries - 1));
    tries++;
  }
}

/** How a request is asked: as it was first, or as the provider wants it. */
interface Way {
  target: S3Target;
  request: S3Request;
  droppedHeaders: string[];
}

/** Null when the refusal is final. The region changes once: two servers that each name the other end nothing. */
function anotherWay(
  { target, request, droppedHeaders }: Way,
  refusal: S3Refusal,
  firstRegion: string,
): Way | null {
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
    // The cause may name addresses inside a network; the code says enough.
    return { error: new AppError('storage_unreachable'), isTransient: true };
  }
  return s3Error(status, answer.headers, answer.body) ?? { answer };
}

interface Signed {
  url: URL;
  headers: Headers;
}

/** Anew for each try: a signature names the time it was made. */
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
    // A POST without a length is a 411 at Google.
    body: request.method === 'POST' || request.method === 'PUT' ? (request.body ?? '') : null,
    redirect: 'manual',
    signal: AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS),
    ...(request.method === 'HEAD' && PAST_CACHE),
  });
}

/** The body as text, as much of it as an S3 server says: the rest is not waited for. */
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

/** What every signature for a target is made with; `now` in unix milliseconds. */
export function signerOptions(target: S3Target, now: number) {
  const { region, accessKeyId, secretAccessKey, sessionToken } = target;
  const keys = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  return { ...keys, service: 's3', region, datetime: amzDate(now) };
}

/** Goes with every request, never optional: it keeps files out of a bucket that has changed hands. */
export function ownerHeader({ expectedBucketOwner }: S3Target): Record<string, string> {
  return expectedBucketOwner === undefined ? {} : { 'x-amz-expected-bucket-owner': expectedBucketOwner };
}

/** SigV4's form of a time, `20261124T083000Z`, from unix milliseconds. */
function amzDate(now: number): string {
  return new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
