/** Requests signatures before the bytes of the parts exist, dozens in one call. For plans whose digests follow as trailers. */
import type { PartToSign, SignedRequest, UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';
import { createSigner, type SignCall } from './signer.ts';

/** Signatures of one call. They are valid for 14 minutes, in which even 5 Mbit/s fill as many parts of 8 MiB. */
const BATCH = 64;
/** A request whose signature ends earlier, in milliseconds, is signed again before it is sent. */
const MARGIN_MS = 60_000;
/** The same for the only part of a small file, whose signature ends with the lease of its attempt. */
const MARGIN_SINGLE_MS = 15_000;
/** When one of so many following parts has no signature, the next call begins. */
const MARGIN_PARTS = 4;

/** The signer of an upload by `plan`. `sizeBytes` is the size of the object; null when it is unknown. `first` came with the plan. */
export function signerFor(
  { kind, digest, partSizeBytes }: UploadPlan,
  { sizeBytes, first = [] }: { sizeBytes: number | null; first?: SignedRequest[] | undefined },
  call: SignCall,
): (part: PartToSign) => Promise<SignedRequest> {
  const isAhead = digest === 'crc32-trailer' && kind === 'multipart' && sizeBytes !== null;
  if (isAhead) return createAheadSigner(call, { sizeBytes, partSizeBytes, first });
  const [only] = first;
  return only ? usingFirst(only, createSigner(call)) : createSigner(call);
}

/** Hands out a request that came with the plan once, unless it ends soon. `sign` makes the others. */
function usingFirst(
  only: SignedRequest,
  sign: (part: PartToSign) => Promise<SignedRequest>,
): (part: PartToSign) => Promise<SignedRequest> {
  let unused: SignedRequest | null = only;
  return (part) => {
    const request = unused;
    unused = null;
    const isUsable = request && Date.parse(request.expiresAt) - Date.now() > MARGIN_SINGLE_MS;
    return isUsable && request.number === part.number ? Promise.resolve(request) : sign(part);
  };
}

export interface PartLayout {
  sizeBytes: number;
  partSizeBytes: number;
  /** Requests that are signed already. */
  first?: SignedRequest[];
}

/**
 * Returns `sign(part)`, which throws the error of its call. A request is handed out once, so a part that is sent again gets
 * a new signature. The next call begins before the last signatures are used.
 */
export function createAheadSigner(
  call: SignCall,
  { first = [], ...layout }: PartLayout,
): (part: PartToSign) => Promise<SignedRequest> {
  const ahead = new Map<number, Promise<SignedRequest>>();
  for (const request of first) ahead.set(request.number, Promise.resolve(request));
  /** The numbers that were signed ahead, also those that have been handed out. */
  const seen = new Set(ahead.keys());
  const lastNumber = Math.ceil(layout.sizeBytes / layout.partSizeBytes);

  const nextNumbers = (number: number): number[] => {
    const numbers = [number];
    for (let next = number + 1; next <= lastNumber && numbers.length < BATCH; next += 1)
      if (!seen.has(next)) numbers.push(next);
    return numbers;
  };
  const signFrom = (first: number): void => {
    const numbers = nextNumbers(first);
    const signing = call(
      numbers.map((number) => ({ number, sizeBytes: sizeOf(number, layout), digest: '' })),
    );
    for (const number of numbers) {
      seen.add(number);
      const request = signing.then((requests) => requestFor(number, requests));
      // Whoever needs this part asks again.
      request.catch(() => seen.delete(number));
      ahead.set(number, request);
    }
  };
  const signFollowing = (number: number): void => {
    for (let next = number + 1; next <= Math.min(number + MARGIN_PARTS, lastNumber); next += 1)
      if (!seen.has(next)) return signFrom(next);
  };
  const take = (number: number): Promise<SignedRequest> | undefined => {
    const request = ahead.get(number);
    ahead.delete(number);
    return request;
  };
  return async ({ number }) => {
    const request = await take(number)?.catch(() => undefined);
    const isFresh = request && Date.parse(request.expiresAt) - Date.now() > MARGIN_MS;
    if (!isFresh) signFrom(number);
    signFollowing(number);
    if (isFresh) return request;
    return take(number) ?? Promise.reject(new Error(`part ${number} was not signed`));
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
