/** Requests signatures before the bytes of the parts exist, dozens in one call. For plans whose digests follow as trailers. */
import type { PartToSign, SignedRequest, UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';
import { createSigner, type SignCall } from './signer.ts';

/** Signatures of one call. They are valid for 14 minutes, in which even 5 Mbit/s fill as many parts of 8 MiB. */
const BATCH = 64;
/** A request whose signature ends earlier, in milliseconds, is signed again before it is sent. */
const MARGIN_MS = 60_000;

/** The signer of an upload by `plan`. `sizeBytes` is the size of the object; null when it is unknown. */
export function signerFor(
  { kind, digest, partSizeBytes }: UploadPlan,
  sizeBytes: number | null,
  call: SignCall,
): (part: PartToSign) => Promise<SignedRequest> {
  const isAhead = digest === 'crc32-trailer' && kind === 'multipart' && sizeBytes !== null;
  return isAhead ? createAheadSigner(call, { sizeBytes, partSizeBytes }) : createSigner(call);
}

/** How the object is cut into parts. */
interface PartLayout {
  sizeBytes: number;
  partSizeBytes: number;
}

/**
 * Returns `sign(part)`, which throws the error of its call. A request is handed out once, so a part that is sent again gets
 * a new signature.
 */
export function createAheadSigner(
  call: SignCall,
  layout: PartLayout,
): (part: PartToSign) => Promise<SignedRequest> {
  const ahead = new Map<number, Promise<SignedRequest>>();
  /** The numbers that were signed ahead, also those that have been handed out. */
  const seen = new Set<number>();
  const lastNumber = Math.ceil(layout.sizeBytes / layout.partSizeBytes);

  const nextNumbers = (number: number): number[] => {
    const numbers = [number];
    for (let next = number + 1; next <= lastNumber && numbers.length < BATCH; next += 1)
      if (!seen.has(next)) numbers.push(next);
    return numbers;
  };
  const signFrom = (part: PartToSign): Promise<SignedRequest> => {
    const numbers = nextNumbers(part.number);
    const signing = call(numbers.map((number) => ({ ...part, number, sizeBytes: sizeOf(number, layout) })));
    for (const number of numbers) {
      seen.add(number);
      const request = signing.then((requests) => requestFor(number, requests));
      // Whoever needs this part asks again.
      request.catch(() => seen.delete(number));
      ahead.set(number, request);
    }
    return take(part.number) ?? Promise.reject(new Error(`part ${part.number} was not signed`));
  };
  const take = (number: number): Promise<SignedRequest> | undefined => {
    const request = ahead.get(number);
    ahead.delete(number);
    return request;
  };
  return async (part) => {
    const request = await take(part.number)?.catch(() => undefined);
    const isFresh = request && Date.parse(request.expiresAt) - Date.now() > MARGIN_MS;
    return isFresh ? request : signFrom(part);
  };
}

function sizeOf(number: number, { sizeBytes, partSizeBytes }: PartLayout): number {
  return Math.min(partSizeBytes, sizeBytes - (number - 1) * partSizeBytes);
}

function requestFor(number: number, requests: SignedRequest[]): SignedRequest {
  const request = requests.find((one) => one.number === number);
  if (request) return request;
  throw new Error(`No signature came back for part ${number}`);
}
