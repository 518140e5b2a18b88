/** Sends one part with a signed request. */
import { chunkedLength, chunkHead, chunkTail } from '../../worker/contract/encoding/aws-chunked.ts';
import { encodeCrc32 } from '../../worker/contract/encoding/crc32.ts';
import type { SignedRequest } from '../../worker/contract/downloader/upload-plan.ts';
import { JobFailure } from '../job-failure.ts';
import type { HttpClient } from '../net/http1/exchange.ts';
import { exchange } from '../net/http1/short-answer.ts';
import { mapNetworkError } from '../net/network-error.ts';
import type { Part } from './part.ts';
import { createPatience, type Patience } from './storage-patience.ts';
import { failureOfStorageAnswer, failureOfWorkerAnswer } from './storage-answer.ts';

/** Bytes of one write to the socket. Over TLS a whole part would need its size again; 64 KiB slices are a fifth slower (measured). */
const SLICE_BYTES = 512 * 1024;
/** Milliseconds without progress, or without an answer after the last byte, before a try is given up. */
const IDLE_TIMEOUT_MS = 60_000;
/** Bytes of an answer that are read; S3 errors have less than 1 KiB. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** How to reach a signed URL, and who answers. */
export interface PartRoute {
  agent: HttpClient;
  /** True for URLs below `controlUrl`: only the Worker's answers may contain its error codes. */
  isWorker: boolean;
}

/** Parts for service storage go to the Worker, which is exempt from the address policy. */
export type RouteFor = (url: string) => PartRoute;

export interface PutOptions {
  route: PartRoute;
  request: SignedRequest;
  part: Part;
  /** Whether the CRC-32 follows the bytes; the part may then still be arriving. */
  hasTrailer: boolean;
  signal: AbortSignal;
  /** Called while the part is sent: a slow storage does not count as a stalled source. */
  onActivity: () => void;
  /** Milliseconds without progress before the try is given up; IDLE_TIMEOUT_MS by default. */
  idleTimeoutMs?: number;
}

/** Returns the part's ETag. Throws JobFailure `storage_*` (or what the Worker answered), or the reason of `signal`. */
export async function putPart(options: PutOptions): Promise<string> {
  const { idleTimeoutMs = IDLE_TIMEOUT_MS, onActivity } = options;
  const idle = new AbortController();
  const onIdle = () => idle.abort(new JobFailure('storage_unavailable', 'the storage takes no bytes'));
  const patience = createPatience({ idleTimeoutMs, onIdle, onActivity });
  const signal = AbortSignal.any([options.signal, idle.signal]);
  try {
    return await send(options, signal, patience);
  } catch (error) {
    options.signal.throwIfAborted();
    idle.signal.throwIfAborted();
    throw mapNetworkError(error, 'storage');
  } finally {
    patience.stop();
  }
}

async function send(options: PutOptions, signal: AbortSignal, patience: Patience): Promise<string> {
  const { route, request: signed, part, hasTrailer } = options;
  let isAllHandedOut = !hasTrailer;
  const onTail = () => {
    isAllHandedOut = true;
  };
  const request = {
    method: signed.method,
    url: new URL(signed.url),
    headers: sendableHeaders(signed.headers, part, hasTrailer),
    body: hasTrailer ? chunked(part, patience, onTail) : slices(part, patience),
    headersTimeoutMs: IDLE_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
  };
  const { head, text } = await exchange(route.agent, request, { maxBytes: MAX_ANSWER_BYTES, signal });
  const { status } = head;
  if (status !== 200)
    throw route.isWorker ? failureOfWorkerAnswer(status, text) : failureOfStorageAnswer(status, text);
  // It cannot have verified bytes that were not sent.
  if (!isAllHandedOut)
    throw new JobFailure('storage_rejected', 'it confirmed a part before the end of its bytes');
  const etag = head.headers.get('etag') ?? '';
  if (etag === '') throw new JobFailure('storage_rejected', 'a part without an ETag');
  return etag;
}

/** Without the host, which comes from the URL, and with the length of the body. */
function sendableHeaders(
  signed: Record<string, string>,
  part: Part,
  hasTrailer: boolean,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(signed)) headers[name.toLowerCase()] = value;
  delete headers['host'];
  const sizeBytes = part.sizeBytes ?? part.filledBytes;
  headers['content-length'] = String(hasTrailer ? chunkedLength(sizeBytes) : sizeBytes);
  return headers;
}

/** Calls `onTail` before it hands out the last bytes. */
async function* chunked(part: Part, patience: Patience, onTail: () => void): AsyncGenerator<Uint8Array> {
  yield Buffer.from(chunkHead(part.sizeBytes ?? part.filledBytes));
  yield* slices(part, patience);
  onTail();
  yield Buffer.from(chunkTail(encodeCrc32(part.crc32)));
}

/** The bytes of a part, as they arrive. */
async function* slices(part: Part, patience: Patience): AsyncGenerator<Uint8Array> {
  for (let position = 0; !part.isComplete || position < part.filledBytes;) {
    const wanted = position + SLICE_BYTES - 1;
    if (!part.isComplete && part.filledBytes <= wanted) {
      patience.pause();
      await part.arrived(wanted);
    }
    patience.touch();
    const end = Math.min(position + SLICE_BYTES, part.filledBytes);
    if (end > position) yield part.view(position, end);
    position = end;
  }
}
