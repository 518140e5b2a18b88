/** Sends one part until it is stored, with a new signature for each of a few tries. */
import { encodeCrc32 } from '../../worker/contract/encoding/crc32.ts';
import type {
  PartDigest,
  PartToSign,
  SignedRequest,
  UploadPlan,
} from '../../worker/contract/downloader/upload-plan.ts';
import { backoffMs, pause } from '../backoff.ts';
import { JobFailure } from '../job-failure.ts';
import type { Part } from './part.ts';
import { putPart, type RouteFor } from './put-part.ts';
import { mayTryPartAgain } from './storage-answer.ts';

/** Tries of one part before the upload is given up: about ten seconds with the waits of backoff.ts. */
const MAX_TRIES = 6;

export interface SendOptions {
  plan: Pick<UploadPlan, 'digest'>;
  sign: (part: PartToSign) => Promise<SignedRequest>;
  routeFor: RouteFor;
  signal: AbortSignal;
  onActivity: () => void;
}

/**
 * Returns the ETag. With a trailer, the first try sends the bytes as they arrive; all other tries send a complete part.
 * Throws JobFailure after the last try, or when another try cannot help.
 */
export async function sendPart(part: Part, options: SendOptions): Promise<string> {
  const { plan, sign, routeFor, signal, onActivity } = options;
  const hasTrailer = plan.digest === 'crc32-trailer';
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const request = await sign(toSign(part, plan.digest));
    signal.throwIfAborted();
    try {
      return await putPart({ route: routeFor(request.url), request, part, hasTrailer, signal, onActivity });
    } catch (error) {
      signal.throwIfAborted();
      const isWorthATry =
        error instanceof JobFailure && (mayTryPartAgain(error, attempt) || hasExpired(request));
      if (!isWorthATry || attempt === MAX_TRIES) throw error;
      // A storage that closes slow connections must not see the pauses of the source a second time.
      await Promise.all([part.completed(), pause(backoffMs(attempt), signal)]);
    }
  }
}

function toSign(part: Part, digest: PartDigest): PartToSign {
  const { number, crc32, sha256 } = part;
  const sizeBytes = part.sizeBytes ?? part.filledBytes;
  if (digest === 'crc32-trailer') return { number, sizeBytes, digest: '' };
  return { number, sizeBytes, digest: digest === 'sha256' && sha256 !== null ? sha256 : encodeCrc32(crc32) };
}

/** A refusal after the signature expired says nothing about the credentials. */
function hasExpired({ expiresAt }: SignedRequest): boolean {
  return Date.parse(expiresAt) <= Date.now();
}
