/** Reads the stored file of an import for a store job. The original source is not used. */
import type { Code } from '../../worker/contract/codes.ts';
import type { StoredSource } from '../../worker/contract/downloader/command.ts';
import type { JobContext } from '../job-context.ts';
import { JobFailure } from '../job-failure.ts';
import type { ByteSource, Content } from '../content.ts';
import type { HttpClient } from '../net/http1/exchange.ts';
import { NO_RATES } from '../track-rates.ts';
import { workerRefusal } from '../worker-refusal.ts';
import { contentLength, failureOfStatus, parseContentRange, validatorOf } from './http/http-answer.ts';
import { getFollowing, type HttpResponse } from './http/http-get.ts';
import { HttpSource } from './http/http-source.ts';

/** Codes of sources that have another name for stored copies. Other codes stay the same. */
const CODES_OF_COPIES: Partial<Record<Code, Code>> = {
  source_not_found: 'source_copy_gone',
  source_forbidden: 'source_copy_gone',
  source_empty: 'source_copy_changed',
  source_changed: 'source_copy_changed',
};

/** Bytes of an error answer that are read; the envelope of the Worker has a few hundred. */
const MAX_REFUSAL_BYTES = 4096;

export interface StoredDeps {
  /** Only for the Worker. */
  workerAgent: HttpClient;
  /** For the bucket that the Worker may redirect to. */
  storageAgent: HttpClient;
  idleTimeoutMs: number;
}

/**
 * Opens the copy. The facts come from the import. The Worker compares the digests before it completes the upload. Throws
 * JobFailure `source_*`, or the reason of the job's signal.
 */
export async function openStored(job: JobContext, stored: StoredSource, deps: StoredDeps): Promise<Content> {
  const { title, extension, contentType, facts } = stored;
  job.progress.bytesTotal = stored.sizeBytes;
  return {
    source: await openCopy(job, stored, deps),
    title,
    extension,
    contentType,
    taken: { way: 'stored', reason: 'The file was read from where the import had stored it.' },
    inspect: () => ({ push: null, finish: () => Promise.resolve({ ...facts, rates: NO_RATES }) }),
  };
}

async function openCopy(job: JobContext, stored: StoredSource, deps: StoredDeps): Promise<ByteSource> {
  const { idleTimeoutMs } = deps;
  const url = new URL(stored.url);
  const agent = copyAgent(url, job.command.token, deps);
  const options = { agent, url, idleTimeoutMs, signal: job.signal };
  const first = await asCopy(getFollowing({ ...options, headers: { range: 'bytes=0-' } }));
  const failure = await refusalOf(first, url);
  if (failure || sizeOf(first) !== stored.sizeBytes) {
    first.body.cancel();
    throw failure ?? new JobFailure('source_copy_changed', 'it has another size');
  }
  const validator = first.status === 206 ? validatorOf(first.headers) : null;
  const { sizeBytes } = stored;
  // In order, so that both digests are computed.
  const source = new HttpSource({ agent, url, first, sizeBytes, validator, inOrder: true, idleTimeoutMs });
  return {
    sizeBytes,
    maxLanes: source.maxLanes,
    readAhead: (lender) => source.readAhead(lender),
    read: (...reading) => asCopy(source.read(...reading)),
  };
}

/** The Worker gives the reason as a code. For the answer of a bucket, only the status counts. */
async function refusalOf({ status, url, body }: HttpResponse, control: URL): Promise<JobFailure | null> {
  const failure = failureOfStatus(status);
  if (!failure) return null;
  const isControl = url.href === control.href;
  const refused = isControl ? workerRefusal((await body.peek(MAX_REFUSAL_BYTES)).bytes.toString()) : null;
  return refused ?? ofCopy(failure);
}

/** Sends the token only to the URL of the Worker, never to the target of a redirect. */
function copyAgent(url: URL, token: string, { workerAgent, storageAgent }: StoredDeps): HttpClient {
  const authorization = `Bearer ${token}`;
  return {
    send(request, handler) {
      if (request.url.href !== url.href) return storageAgent.send(request, handler);
      return workerAgent.send({ ...request, headers: { ...request.headers, authorization } }, handler);
    },
  };
}

function sizeOf({ status, headers }: HttpResponse): number | null {
  if (status !== 206) return contentLength(headers);
  const range = parseContentRange(headers.get('content-range'));
  return range?.start === 0 && range.end === range.totalBytes - 1 ? range.totalBytes : null;
}

async function asCopy<Value>(reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (error) {
    throw error instanceof JobFailure ? ofCopy(error) : error;
  }
}

function ofCopy(error: JobFailure): JobFailure {
  const { code, detail } = error.failure;
  const ofCopies = CODES_OF_COPIES[code];
  return ofCopies === undefined ? error : new JobFailure(ofCopies, detail, { cause: error });
}
