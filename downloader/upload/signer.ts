/** Requests signatures for parts in batches: parts that come during a call go into the next call. */
import type { PartToSign, SignedRequest } from '../../worker/contract/downloader/upload-plan.ts';

/** Calls at the same time: one in progress and one waiting. When the Worker is slow, larger batches form. */
const CALLS_AT_ONCE = 2;
/** The highest number of parts that the contract allows in one call. */
const MAX_BATCH = 100;

export type SignCall = (parts: PartToSign[]) => Promise<SignedRequest[]>;

interface Waiting {
  part: PartToSign;
  resolve: (request: SignedRequest) => void;
  reject: (error: Error) => void;
}

/** Returns `sign(part)`, which throws the error of its call. */
export function createSigner(call: SignCall): (part: PartToSign) => Promise<SignedRequest> {
  const queue: Waiting[] = [];
  let callsUnderWay = 0;

  const flush = async (): Promise<void> => {
    if (callsUnderWay === CALLS_AT_ONCE || queue.length === 0) return;
    const batch = queue.splice(0, MAX_BATCH);
    callsUnderWay += 1;
    try {
      const requests = await call(batch.map(({ part }) => part));
      for (const { part, resolve, reject } of batch) {
        const request = requests.find(({ number }) => number === part.number);
        if (request) resolve(request);
        else reject(new Error(`No signature came back for part ${part.number}`));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    } finally {
      callsUnderWay -= 1;
      void flush();
    }
  };

  return (part) =>
    new Promise((resolve, reject) => {
      queue.push({ part, resolve, reject });
      queueMicrotask(() => void flush());
    });
}
