/** Sends the parts of one upload as they are filled, `plan.concurrency` at a time. */
import { encodeCrc32 } from '../../worker/contract/encoding/crc32.ts';
import type { StoredPart, UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';
import { JobFailure } from '../job-failure.ts';
import { createLimiter } from './limiter.ts';
import type { Part } from './part.ts';
import { sendPart, type SendOptions } from './send-part.ts';

/** The largest part number of S3 and of the contract. */
const MAX_PARTS = 10_000;

export interface OutboxOptions extends SendOptions {
  plan: UploadPlan;
  /** Called with the size of each part that the storage has taken. */
  onSent: (bytes: number) => void;
  /** Called with the first failure of a part. */
  onFailure: (reason: unknown) => void;
}

export interface SentPart {
  stored: StoredPart;
  crc32: number;
  sizeBytes: number;
}

/** The parts of one upload that are on their way or sent. */
export interface Outbox {
  /** Sends a part, and releases it when nothing reads its bytes any more. */
  post: (part: Part) => void;
  /** The numbers of the parts that are on their way. */
  pending: ReadonlySet<number>;
  /** All parts in the order of their numbers, once none is on its way. */
  allSent: () => Promise<SentPart[]>;
}

/** An empty outbox. After the first failure, it sends nothing if `signal` is aborted then. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { plan, onSent, onFailure } = options;
  const limit = createLimiter(plan.concurrency);
  const sent = new Map<number, SentPart>();
  const pending = new Set<number>();
  const underWay = new Set<Promise<void>>();

  const send = async (part: Part): Promise<void> => {
    const { number } = part;
    part.hold();
    pending.add(number);
    try {
      if (number > MAX_PARTS) throw new JobFailure('source_too_large', `more than ${MAX_PARTS} parts`);
      // Without a trailer, the request contains the digest of all bytes, or their number.
      if (plan.digest !== 'crc32-trailer' || part.sizeBytes === null) await part.completed();
      const etag = await limit(() => sendPart(part, options));
      const { crc32, filledBytes: sizeBytes } = part;
      const stored = { number, etag, crc32: encodeCrc32(crc32) };
      onSent(sizeBytes);
      sent.set(number, { stored, crc32, sizeBytes });
    } catch (error) {
      onFailure(error);
    }
    pending.delete(number);
    part.release();
  };
  return {
    pending,
    post: (part) => {
      const task: Promise<void> = send(part).finally(() => underWay.delete(task));
      underWay.add(task);
    },
    allSent: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
      return [...sent.values()].sort((a, b) => a.stored.number - b.stored.number);
    },
  };
}
