import type { SignedCommand } from '../contract/downloader/claim.ts';
import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../contract/downloader/signature.ts';
import { HealthAnswer, ProbeAnswer, type Command } from '../contract/downloader/command.ts';
import type { Log } from '../contract/log.ts';
import type { DispatchOutcome, Downloader } from '../downloader.ts';
import { readAnswer } from './read-answer.ts';
import { importPrivateKey, signatureHeaders } from './sign-request.ts';
import type { Transport } from './transport.ts';

/** A container may take 8 s for an instance and 20 s for its port, in milliseconds; well inside a lease of 60 s. */
const DISPATCH_TIMEOUT_MS = 30_000;
/** A client waits for this, and the heartbeat says it again, in milliseconds. */
const CANCEL_TIMEOUT_MS = 2_000;
/** For questions, in milliseconds. */
const ASK_TIMEOUT_MS = 10_000;
/** Any slot can look at a host. */
const PROBING_SLOT = 'slot-0';

/** From a gateway between us and the downloader: the request may have got through. */
const LOST_ANSWER_STATUSES = new Set([502, 504, 520, 524]);
/** A downloader of an earlier version does not know a member of the command. */
const UNSUPPORTED_STATUS = 400;
/** Full (429) and draining or starting (503) are everyday answers. */
const EXPECTED_REFUSALS = new Set([429, 503]);

export interface DownloaderOptions {
  transport: Transport;
  /** DISPATCH_PRIVATE_KEY. */
  privateKey: string;
  /** Unix milliseconds. */
  now: () => number;
  log: Log;
}

/** The downloader over HTTP, every request signed. */
export function createDownloader(options: DownloaderOptions): Downloader {
  const readKey = keyReader(options.privateKey);
  const call = signedCaller(options, readKey);
  return {
    dispatch: (slot, command) => dispatch(call, options.log, slot, command),
    cancel: async (slot, jobId) => {
      try {
        const path = `/jobs/${encodeURIComponent(jobId)}`;
        await discard(await call(slot, { method: 'DELETE', path, timeoutMs: CANCEL_TIMEOUT_MS }));
      } catch (error) {
        options.log.info('downloader.cancel_unheard', { slot, jobId, error: String(error) });
      }
    },
    probe: async (request, slot = PROBING_SLOT) => {
      const body = JSON.stringify(request);
      const asked = { method: 'POST', path: '/probe', body, timeoutMs: ASK_TIMEOUT_MS };
      return readAnswer(await call(slot, asked), ProbeAnswer);
    },
    sign: (command) => signCommand(options, readKey, command),
    health: (slot) => askHealth(call, slot),
  };
}

type ReadKey = () => Promise<CryptoKey>;

/** Imports the key once. Keeps the value and not the promise: a request must not wait for work of another one. */
function keyReader(privateKey: string): ReadKey {
  let key: CryptoKey | undefined;
  return async () => (key ??= await importPrivateKey(privateKey));
}

/** As `POST /jobs` would have carried it. */
async function signCommand(
  { now }: DownloaderOptions,
  readKey: ReadKey,
  command: Command,
): Promise<SignedCommand> {
  const body = JSON.stringify(command);
  const signed = { nowMs: now(), method: 'POST', path: '/jobs', body };
  const headers = await signatureHeaders(await readKey(), signed);
  return { body, timestamp: headers[TIMESTAMP_HEADER] ?? '', signature: headers[SIGNATURE_HEADER] ?? '' };
}

interface SignedCall {
  method: string;
  path: string;
  body?: string;
  timeoutMs: number;
}
type Call = (slot: string, call: SignedCall) => Promise<Response>;

function signedCaller({ transport, now }: DownloaderOptions, readKey: ReadKey): Call {
  return async (slot, { method, path, body, timeoutMs }) => {
    const signed = { nowMs: now(), method, path, body: body ?? '' };
    const signature = await signatureHeaders(await readKey(), signed);
    const signal = AbortSignal.timeout(timeoutMs);
    if (body === undefined) return transport(slot, path, { method, headers: signature, signal });
    const headers = { 'content-type': 'application/json', ...signature };
    return transport(slot, path, { method, headers, body, signal });
  };
}

async function dispatch(call: Call, log: Log, slot: string, command: Command): Promise<DispatchOutcome> {
  try {
    const body = JSON.stringify(command);
    const response = await call(slot, {
      method: 'POST',
      path: '/jobs',
      body,
      timeoutMs: DISPATCH_TIMEOUT_MS,
    });
    await discard(response);
    return await outcomeOf(call, log, slot, command, response.status);
  } catch (error) {
    const { jobId, attempt } = command;
    log.info('downloader.dispatch_unanswered', { jobId, attempt, slot, error: String(error) });
    return isTimeout(error) ? 'unknown' : askWhetherBegun(call, slot, command);
  }
}

async function outcomeOf(
  call: Call,
  log: Log,
  slot: string,
  command: Command,
  status: number,
): Promise<DispatchOutcome> {
  // 409: it runs this very attempt already.
  if (status === 202 || status === 409) return 'accepted';
  if (LOST_ANSWER_STATUSES.has(status)) return askWhetherBegun(call, slot, command);
  if (!EXPECTED_REFUSALS.has(status)) {
    const { jobId, attempt } = command;
    log.error('downloader.dispatch_refused', { jobId, attempt, slot, status });
  }
  return status === UNSUPPORTED_STATUS ? 'unsupported' : 'unreachable';
}

/**
 * The runtime reports a refused connection and one that was lost in the middle with the same words, so the downloader
 * is asked. One that cannot be reached now either is not there, and what it may have begun has ended with it.
 */
async function askWhetherBegun(
  call: Call,
  slot: string,
  { jobId, attempt }: Command,
): Promise<DispatchOutcome> {
  try {
    const { jobs } = await askHealth(call, slot);
    return jobs.some((job) => job.jobId === jobId && job.attempt === attempt) ? 'accepted' : 'unreachable';
  } catch (error) {
    return isTimeout(error) ? 'unknown' : 'unreachable';
  }
}

async function askHealth(call: Call, slot: string): Promise<HealthAnswer> {
  return readAnswer(
    await call(slot, { method: 'GET', path: '/health', timeoutMs: ASK_TIMEOUT_MS }),
    HealthAnswer,
  );
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
}

/** An unread body holds its connection open. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel();
}
