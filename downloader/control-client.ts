/** Calls of one attempt to the Worker's `/internal`. */
import { request, type Dispatcher } from 'undici';
import { z } from 'zod';
import type { Failure } from '../worker/contract/failure.ts';
import type { SourceReport } from '../worker/contract/media.ts';
import type { NextRequest, SignedCommand } from '../worker/contract/downloader/claim.ts';
import { FEATURES_HEADER, OWN_FEATURES } from '../worker/contract/downloader/features.ts';
import {
  AbortAnswer,
  CompleteAnswer,
  PlanAnswer,
  ReportAnswer,
  SecondariesAnswer,
  SignAnswer,
  type ArtifactRequest,
  type CompletedReport,
  type CompleteRequest,
  type Directive,
} from '../worker/contract/downloader/report.ts';
import { PART_CRC32_HEADER } from '../worker/contract/downloader/signature.ts';
import {
  GRANT_HEADER,
  type PartToSign,
  type SignedRequest,
  type UploadPlan,
} from '../worker/contract/downloader/upload-plan.ts';
import { backoffMs, pause } from './backoff.ts';
import { JobFailure } from './job-failure.ts';
import { whileActive } from './while-active.ts';
import { workerRefusal } from './worker-refusal.ts';

/** Milliseconds without a byte of an answer. */
const ANSWER_TIMEOUT_MS = 120_000;
/** Milliseconds before a call is repeated whose work the Worker has not finished. */
const ASK_AGAIN_MS = 1000;
/** Milliseconds after its first failure during which a call is repeated: enough for a Worker to restart. */
const CALL_PATIENCE_MS = 90_000;
/** A final report is repeated until the signal ends. */
const FINAL = { patienceMs: Infinity };
/** Bytes of an answer: a hundred signed requests are about 200 KiB. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface ControlTarget {
  /** Base of `/internal`, without a slash at its end. */
  controlUrl: string;
  token: string;
  jobId: string;
}

/** The job that takes the place of one that ends. */
export interface NextJob {
  /** Null while this process takes no further jobs. */
  ask: () => NextRequest | null;
  /** Never throws. */
  take: (signed: SignedCommand) => Promise<void>;
}

export interface ControlDeps {
  agent: Dispatcher;
  /** Without it, the final report asks for no job. */
  nextJob?: NextJob;
  /** Called while the client waits for an answer, so that this time does not count as a stall. */
  onActivity: () => void;
}

export type Completed = Exclude<CompleteAnswer, { outcome: 'completing' }>;

type GrantedUpload = Pick<UploadPlan, 'placementId' | 'grant'>;

/** Every method throws JobFailure (`stale`, `canceled`, or the Worker's refusal), or the reason of `signal`. */
export interface ControlClient {
  /** The plan, with the requests for the first parts if they could be signed. `crc32` is that of a file of one part, if it is known. */
  artifacts(body: ArtifactRequest, signal: AbortSignal, crc32?: string | null): Promise<PlanAnswer>;
  /** The uploads that take the same parts as this one. */
  secondaries(placementId: string, signal: AbortSignal): Promise<UploadPlan[]>;
  sign(plan: GrantedUpload, parts: PartToSign[], signal: AbortSignal): Promise<SignedRequest[]>;
  /** Asks until the storage has finished: a large object may take minutes (AWS CompleteMultipartUpload). */
  complete(placementId: string, body: CompleteRequest, signal: AbortSignal): Promise<Completed>;
  abort(placementId: string, failure: Failure, signal: AbortSignal): Promise<UploadPlan | null>;
  /** Final reports are tried until `signal` ends. */
  completed(report: CompletedReport, signal: AbortSignal): Promise<Directive>;
  failed(failure: Failure, source: SourceReport | null, signal: AbortSignal): Promise<Directive>;
}

export function createControlClient(target: ControlTarget, deps: ControlDeps): ControlClient {
  const call = <T>(
    path: string,
    body: object,
    answer: z.ZodType<T>,
    signal: AbortSignal,
    { patienceMs = CALL_PATIENCE_MS, headers = {} }: Partial<Pick<Call<T>, 'patienceMs' | 'headers'>> = {},
  ) => callPatiently({ target, deps, path, body, answer, signal, patienceMs, headers });
  const complete: ControlClient['complete'] = async (id, report, signal) => {
    const next = report.completed && deps.nextJob?.ask();
    const body = next ? { ...report, next } : report;
    for (;;) {
      const answer = await call(placement(id, 'complete'), body, CompleteAnswer, signal);
      if (answer.outcome === 'stored' && answer.next) await deps.nextJob?.take(answer.next);
      if (answer.outcome !== 'completing') return answer;
      await pause(ASK_AGAIN_MS, signal);
    }
  };
  /** The latest grants, by upload: each ends with a lease. */
  const renewed = new Map<string, string>();
  const placement = (id: string, verb: string) => `placements/${encodeURIComponent(id)}/${verb}`;
  return {
    artifacts: (body, signal, crc32) => {
      const headers = crc32 ? { [PART_CRC32_HEADER]: crc32 } : {};
      return call('artifacts', body, PlanAnswer, signal, { headers });
    },
    secondaries: async (id, signal) =>
      (await call(placement(id, 'secondaries'), {}, SecondariesAnswer, signal)).plans,
    sign: async ({ placementId: id, grant: first }, parts, signal) => {
      const grant = renewed.get(id) ?? first;
      const headers = grant === undefined ? {} : { [GRANT_HEADER]: grant };
      const answer = await call(placement(id, 'sign'), { parts }, SignAnswer, signal, { headers });
      if (answer.grant !== undefined) renewed.set(id, answer.grant);
      return answer.requests;
    },
    complete: (id, body, signal) =>
      complete(id, body, signal).catch((error: unknown) => {
        const isUnknown = error instanceof JobFailure && error.failure.code === 'invalid_request';
        if (!body.details || !isUnknown) throw error;
        // A Worker that was rolled back to an earlier version refuses members that it does not know.
        const { details: _, ...known } = body;
        return complete(id, known, signal);
      }),
    abort: async (id, failure, signal) =>
      (await call(placement(id, 'abort'), { failure }, AbortAnswer, signal)).plan,
    completed: async (report, signal) =>
      (await call('completed', report, ReportAnswer, signal, FINAL)).directive,
    failed: async (failure, source, signal) =>
      (await call('failed', { failure, source }, ReportAnswer, signal, FINAL)).directive,
  };
}

interface Call<T> {
  target: ControlTarget;
  deps: ControlDeps;
  path: string;
  body: object;
  answer: z.ZodType<T>;
  signal: AbortSignal;
  patienceMs: number;
  headers: Record<string, string>;
}

/** Repeats the call until it is answered. The Worker gives a repeated call the same answer. */
async function callPatiently<T>(call: Call<T>): Promise<T> {
  const { target, deps, signal, patienceMs } = call;
  let failedAtMs: number | null = null;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      const url = `${target.controlUrl}/jobs/${target.jobId}/${call.path}`;
      const headers = { [FEATURES_HEADER]: OWN_FEATURES, ...call.headers };
      const post = { ...call, url, agent: deps.agent, token: target.token, headers };
      return call.answer.parse(await whileActive(deps.onActivity, () => postJson(post)));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof JobFailure || error instanceof z.ZodError) throw error;
      failedAtMs ??= performance.now();
      if (performance.now() - failedAtMs > patienceMs) throw lostWorker(error);
      await pause(backoffMs(attempt), signal);
    }
  }
}

function lostWorker(cause: unknown): JobFailure {
  return new JobFailure('downloader_lost', 'the downloader cannot reach the Worker', { cause });
}

export interface PostOptions {
  agent: Dispatcher;
  url: string;
  body: object;
  token?: string;
  headers?: Record<string, string>;
  signal: AbortSignal;
}

/**
 * One POST. Returns the parsed JSON of a 200 or 202; throws JobFailure for the Worker's refusals, and an ordinary Error for
 * temporary failures (no connection, 5xx, 429).
 */
export async function postJson({ agent, url, body, token, headers, signal }: PostOptions): Promise<unknown> {
  const answer = await request(url, {
    dispatcher: agent,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...headers,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify(body),
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    signal,
  });
  const text = await readText(answer.body);
  if (answer.statusCode === 200 || answer.statusCode === 202) return JSON.parse(text);
  throw refusal(answer.statusCode, text);
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new Error('The answer of the Worker is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** An error code of the Worker decides, independent of the HTTP status. */
function refusal(status: number, text: string): Error {
  const refused = workerRefusal(text);
  if (refused) return refused;
  if (status >= 500 || status === 429 || status === 408)
    return new Error(`The Worker answered HTTP ${status}`);
  return new JobFailure('internal_error', `the Worker answered HTTP ${status}`);
}
