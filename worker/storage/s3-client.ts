/** Requests to a customer's storage: signed, bounded in time and size, retried, never redirected. */
import { AwsV4Signer } from 'aws4fetch';
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';
import { s3Error } from './s3-error.ts';
import { objectUrl, type S3Target } from './s3-target.ts';

export interface S3Request {
  method: 'POST' | 'DELETE' | 'HEAD' | 'PUT';
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
  /** For one try; by default that of a call that answers at once. */
  timeoutMs?: number;
  /** 1 for what is repeated anyway by somebody else. */
  maxTries?: number;
}

export interface S3Answer {
  headers: Headers;
  body: string;
}

type Outcome = { answer: S3Answer } | { error: AppError; isTransient: boolean };

/**
 * Tries of one request, none begun later than RETRY_WINDOW_MS after the first. A job that makes no progress is ended after
 * STALL_SECONDS (60): a provider that hangs must be given up before that, so that there is time for the fallback.
 */
const MAX_TRIES = 4;
const RETRY_WINDOW_MS = 25_000;
/** First wait in milliseconds; doubled at each try, and any part of it, so that many uploads do not come back as one. */
const BACKOFF_MS = 500;
const TIMEOUT_MS = 10_000;
/** An answer that we understand is a few hundred bytes of XML. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Sends one request until it is answered for good. Throws AppError `storage_*`. */
export async function s3Request(ctx: Ctx, target: S3Target, request: S3Request): Promise<S3Answer> {
  const { maxTries = MAX_TRIES } = request;
  const deadline = ctx.now() + RETRY_WINDOW_MS;
  for (let tries = 1; ; tries++) {
    const outcome = await tryOnce(ctx, target, request);
    if ('answer' in outcome) return outcome.answer;
    if (!outcome.isTransient || tries >= maxTries || ctx.now() > deadline) throw outcome.error;
    await wait(ctx.random() * BACKOFF_MS * 2 ** (tries - 1));
  }
}

async function tryOnce(ctx: Ctx, target: S3Target, request: S3Request): Promise<Outcome> {
  const signed = await sign(ctx, target, request);
  let answer: S3Answer;
  let status: number;
  try {
    const response = await send(ctx, request, signed);
    status = response.status;
    answer = { headers: response.headers, body: await readBounded(response) };
  } catch {
    // The cause may name addresses inside a network; the code says enough.
    return { error: new AppError('storage_unreachable'), isTransient: true };
  }
  return s3Error(status, answer.body) ?? { answer };
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
    headers: { ...request.headers, 'x-amz-content-sha256': await sha256Hex(request.body ?? '') },
    service: 's3',
    region: target.region,
    accessKeyId: target.accessKeyId,
    secretAccessKey: target.secretAccessKey,
    datetime: amzDate(ctx.now()),
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
  });
}

async function readBounded(response: Response): Promise<string> {
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

async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** SigV4's form of a time, `20261124T083000Z`, from unix milliseconds. */
export function amzDate(now: number): string {
  return new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
