/** One part until it is stored: signed anew for every try, a bounded number of tries. */
import type { PartToSign, SignedRequest } from '../../worker/contract/downloader/upload-plan.ts';
import { backoffMs, pause } from '../backoff.ts';
import { JobFailure } from '../job-failure.ts';
import type { FilledPart } from './part-filler.ts';
import { putPart, type RouteFor } from './put-part.ts';
import { mayTryPartAgain } from './storage-answer.ts';

/** Tries of one part before the upload is given up: with the backoff of backoff.ts about ten seconds. */
const MAX_TRIES = 6;

export interface SendOptions {
  sign: (part: PartToSign) => Promise<SignedRequest>;
  routeFor: RouteFor;
  signal: AbortSignal;
  onActivity: () => void;
}

/** Returns the ETag. Throws JobFailure when the tries are spent or trying again cannot help. */
export async function sendPart(part: FilledPart, options: SendOptions): Promise<string> {
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

/** A refusal after the signature's end says nothing about the credentials. */
function hasExpired({ expiresAt }: SignedRequest): boolean {
  return Date.parse(expiresAt) <= Date.now();
}
