/** Sends one part by a signed request. */
import type { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import type { SignedRequest } from '../../worker/contract/downloader/upload-plan.ts';
import { JobFailure } from '../job-failure.ts';
import { mapNetworkError } from '../net/network-error.ts';
import { whileActive } from '../while-active.ts';
import { failureOfStorageAnswer, failureOfWorkerAnswer } from './storage-answer.ts';

/** Bytes handed to the socket at once: whole parts cost their size again over TLS, 64 KiB slices a fifth of the speed (measured). */
const SLICE_BYTES = 512 * 1024;
/** Milliseconds without a slice taken, or without an answer after the last one, before a try is given up. */
const IDLE_TIMEOUT_MS = 60_000;
/** Bytes of an answer that are looked at; S3's errors are under a KiB. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** How a signed URL is reached, and whose answer it gives. */
export interface PartRoute {
  agent: Dispatcher;
  /** True for URLs below `controlUrl`: only these answers may carry codes of ours. */
  isWorker: boolean;
}

/** Parts for service storage go to the Worker, which does not pass the address policy; a storage's do. */
export type RouteFor = (url: string) => PartRoute;

export interface PutOptions {
  route: PartRoute;
  request: SignedRequest;
  bytes: Uint8Array;
  signal: AbortSignal;
  /** Called while the part is under way: a storage that takes its time is no stall of the source. */
  onActivity: () => void;
  /** Milliseconds of silence before the try is given up; by default IDLE_TIMEOUT_MS. */
  idleTimeoutMs?: number;
}

/** Returns the part's ETag. Throws JobFailure `storage_*` (or what the Worker answered), or the reason of `signal`. */
export async function putPart(options: PutOptions): Promise<string> {
  const { idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const idle = new AbortController();
  const timer = setTimeout(
    () => idle.abort(new JobFailure('storage_unavailable', 'the storage takes no bytes')),
    idleTimeoutMs,
  );
  const signal = AbortSignal.any([options.signal, idle.signal]);
  try {
    return await whileActive(options.onActivity, () => send(options, signal, () => timer.refresh()));
  } catch (error) {
    options.signal.throwIfAborted();
    idle.signal.throwIfAborted();
    throw wasReset(error)
      ? new JobFailure('storage_unreachable', 'reset')
      : mapNetworkError(error, 'storage');
  } finally {
    clearTimeout(timer);
  }
}

/** undici's word for a connection that it gave up itself, for instance since the answer came before the body had gone. */
function wasReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_INFO';
}

async function send(options: PutOptions, signal: AbortSignal, touch: () => void): Promise<string> {
  const { route, request: signed, bytes } = options;
  const { statusCode, headers, body } = await request(signed.url, {
    dispatcher: route.agent,
    method: signed.method,
    headers: sendableHeaders(signed.headers, bytes.byteLength),
    body: asBody(slices(bytes, touch)),
    headersTimeout: IDLE_TIMEOUT_MS,
    bodyTimeout: IDLE_TIMEOUT_MS,
    signal,
  });
  touch();
  const text = await readBounded(body);
  if (statusCode !== 200)
    throw route.isWorker ? failureOfWorkerAnswer(statusCode, text) : failureOfStorageAnswer(statusCode, text);
  const { etag } = headers;
  if (typeof etag !== 'string' || etag === '')
    throw new JobFailure('storage_rejected', 'a part without an ETag');
  return etag;
}

/** The host comes from the URL, and the length from the part. */
function sendableHeaders(signed: Record<string, string>, sizeBytes: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(signed)) headers[name.toLowerCase()] = value;
  delete headers['host'];
  headers['content-length'] = String(sizeBytes);
  return headers;
}

/** undici takes any async iterable as a body; its types name streams only. */
function asBody(iterable: AsyncIterable<Uint8Array>): Readable {
  return iterable as unknown as Readable;
}

async function* slices(bytes: Uint8Array, touch: () => void): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < bytes.byteLength; position += SLICE_BYTES) {
    touch();
    yield bytes.subarray(position, position + SLICE_BYTES);
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    sizeBytes += chunk.byteLength;
    // Leaving the loop destroys the body and its connection.
    if (sizeBytes > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_ANSWER_BYTES);
}
