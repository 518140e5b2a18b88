/** Fetches jobs from the Worker, for a downloader that nobody can call: outbound requests are all it needs. */
import { request, type Dispatcher } from 'undici';
import type { KeyObject } from 'node:crypto';
import {
  ClaimAnswer,
  type ClaimRequest,
  type SignedCommand,
} from '../../worker/contract/downloader/claim.ts';
import { JobKind } from '../../worker/contract/job.ts';
import { backoffMs, pause } from '../backoff.ts';
import { messageOf } from '../log.ts';
import { processHeader } from './own-process.ts';
import type { Log } from '../../worker/contract/log.ts';
import type { JobRegistry } from './job-registry.ts';
import { openCommand } from './open-command.ts';

/** The Worker waits 25 s for a job; milliseconds until its answer must be there. */
const ANSWER_TIMEOUT_MS = 40_000;
/** Bytes of an answer: a command has one URL of at most 64 KiB and a few facts. */
const MAX_ANSWER_BYTES = 512 * 1024;

export interface PullerOptions {
  /** The Worker's PUBLIC_URL, without a slash at its end. */
  workerUrl: string;
  fleetToken: string;
  registry: JobRegistry;
  dispatchPublicKey: KeyObject;
  agent: Dispatcher;
  /** Unix milliseconds. */
  now: () => number;
  log: Log;
}

/** Asks for jobs while there is room, until the signal aborts. Never throws: a failed call is logged and repeated. */
export async function pullJobs(options: PullerOptions, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await options.registry.untilRoom();
      const dispatch = await claim(options, signal);
      if (dispatch) accept(options, dispatch);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      const retryMs = Math.round(backoffMs(++failures));
      options.log.error('claim.failed', { error: messageOf(error), retryMs });
      await pause(retryMs, signal).catch(() => undefined);
    }
  }
}

/** A Worker of an earlier version refuses a request that has more than the capacity. */
async function claim(options: PullerOptions, signal: AbortSignal): Promise<SignedCommand | null> {
  const { capacity } = options.registry;
  const answer = await post(options, { capacity, kinds: JobKind.options }, signal);
  return answer === 'refused' ? claimPlainly(options, { capacity }, signal) : answer;
}

async function claimPlainly(options: PullerOptions, body: ClaimRequest, signal: AbortSignal) {
  const answer = await post(options, body, signal);
  if (answer === 'refused') throw new Error('the Worker does not understand the request');
  return answer;
}

async function post(
  { workerUrl, fleetToken, agent }: PullerOptions,
  body: ClaimRequest,
  signal: AbortSignal,
): Promise<SignedCommand | null | 'refused'> {
  const answer = await request(`${workerUrl}/internal/claim`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${fleetToken}`,
      'content-type': 'application/json',
      ...processHeader(),
    },
    body: JSON.stringify(body),
    dispatcher: agent,
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
  });
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    if (answer.statusCode === 400) return 'refused';
    const isRefused = answer.statusCode === 401;
    throw new Error(
      isRefused ? 'the Worker does not accept FLEET_TOKEN' : `the Worker answered ${answer.statusCode}`,
    );
  }
  return ClaimAnswer.parse(JSON.parse(await readText(answer.body))).dispatch;
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new Error('the answer of the Worker is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The fleet token lets this process ask, the signature lets the Worker command. */
function accept(options: PullerOptions, signed: SignedCommand): void {
  const { registry, log } = options;
  const command = openCommand(signed, options);
  const acceptance = registry.accept(command);
  const { jobId, attempt } = command;
  if (acceptance !== 'accepted') log.error('claim.not_accepted', { jobId, attempt, acceptance });
}
