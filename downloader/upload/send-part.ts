/** Sends one part until it is stored, with a new signature for each of a few tries. */
import type { PartToSign, SignedRequest } from '../../worker/contract/downloader/upload-plan.ts';
import { backoffMs, pause } from '../backoff.ts';
import { JobFailure } from '../job-failure.ts';
import { putPart, type RouteFor } from './put-part.ts';
import { mayTryPartAgain } from './storage-answer.ts';

/** Tries of one part before the upload is given up: about ten seconds with the waits of backoff.ts. */
const MAX_TRIES = 6;

export interface SendOptions {
  sign: (part: PartToSign) => Promise<SignedRequest>;
  routeFor: RouteFor;
  signal: AbortSignal;
  onActivity: () => void;
}

/** A part with its digest, of the kind that the plan requires, in the form of the contract. */
export interface PartToSend {
  number: number;
  bytes: Buffer;
  digest: string;
}

/** Returns the ETag. Throws JobFailure after the last try, or when another try cannot help. */
export async function sendPart(part: PartToSend, options: SendOptions): Promise<string> {
  const { sign, routeFor, signal, onActivity } = options;
  const toSign: PartToSign = { number: part.number, sizeBytes: part.bytes.byteLength, digest: part.digest };
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const request = await sign(toSign);
    signal.throwIfAborted();
    try {
      return await putPart({ route: routeFor(request.url), request, bytes: part.bytes, signal, onActivity });
    } catch (error) {
      signal.throwIfAborted();
      const isWorthATry =
        error instanceof JobFailure && (mayTryPartAgain(error, attempt) || hasExpired(request));
      if (!isWorthATry || attempt === MAX_TRIES) throw error;
      await pause(backoffMs(attempt), signal);
    }
  }
}

/** A refusal after the signature expired says nothing about the credentials. */
function hasExpired({ expiresAt }: SignedRequest): boolean {
  return Date.parse(expiresAt) <= Date.now();
}
