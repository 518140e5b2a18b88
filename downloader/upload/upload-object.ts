/** Uploads an object to one placement: lanes of the source fill parts, and filled parts are sent meanwhile. */
import { createHash } from 'node:crypto';
import { combineCrc32, encodeCrc32 } from '../../worker/contract/crc32.ts';
import type { Checksums } from '../../worker/contract/media.ts';
import type { StoredPart, UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';
import { JobFailure } from '../job-failure.ts';
import type { ByteSource, OnChunk } from '../content.ts';
import { BufferPool } from './buffer-pool.ts';
import { layOutLanes, type Lane } from './lanes.ts';
import { createLimiter } from './limiter.ts';
import { PartFiller, type FilledPart } from './part-filler.ts';
import { sendPart, type SendOptions } from './send-part.ts';

/** Bytes of the part buffers of one upload, or two parts if those are larger. With the process (80 MiB) about 150 MiB. */
const POOL_BYTES = 48 * 1024 * 1024;
/** The largest part number of S3 and of the contract. */
const MAX_PARTS = 10_000;

export interface UploadOptions extends Omit<SendOptions, 'signal'> {
  source: ByteSource;
  plan: UploadPlan;
  /** Receives every byte once; in order if `source.maxLanes` is 1. */
  onChunk: OnChunk;
  /** Called with the size of each part that the storage has taken. */
  onSent: (bytes: number) => void;
  /** Aborted on the first failure; `uploadObject` throws its reason. */
  pass: AbortController;
}

export interface Uploaded {
  parts: StoredPart[];
  sizeBytes: number;
  checksums: Checksums;
}

interface SentPart {
  stored: StoredPart;
  crc32: number;
  sizeBytes: number;
}

/**
 * Sends the whole source. When it returns or throws, all its requests have ended.
 * Throws JobFailure (`source_*`, `storage_*`, or the Worker's refusal), or the reason of `pass`.
 */
export async function uploadObject(options: UploadOptions): Promise<Uploaded> {
  const { source, plan, pass } = options;
  const { signal } = pass;
  // A single PUT is one part of any size.
  const partSizeBytes =
    plan.kind === 'single' ? (source.sizeBytes ?? plan.partSizeBytes) : plan.partSizeBytes;
  const lanes = layOutLanes(source.sizeBytes, partSizeBytes, source.maxLanes);
  const pool = createPool(partSizeBytes, plan.concurrency + lanes.length, source.sizeBytes);
  const closePool = () => pool.close(signal.reason);
  signal.addEventListener('abort', closePool, { once: true });
  const outbox = createOutbox(options);
  const whole = lanes.length === 1 ? createHash('sha256') : null;
  const filling = lanes.map(async (lane) => {
    const filler = new PartFiller({
      pool,
      partSizeBytes,
      firstNumber: lane.firstNumber,
      digest: plan.digest,
      whole,
      onPart: outbox.post,
    });
    await readLane(options, lane, filler);
  });
  await Promise.all(filling.map((lane) => lane.catch((error: unknown) => pass.abort(error))));
  const sent = await outbox.allSent();
  signal.removeEventListener('abort', closePool);
  pool.dispose();
  signal.throwIfAborted();
  return summarise(sent, source.sizeBytes, whole?.digest('hex'));
}

function createPool(partSizeBytes: number, wanted: number, sizeBytes: number | null): BufferPool {
  const needed = sizeBytes === null ? wanted : Math.ceil(sizeBytes / partSizeBytes);
  const affordable = Math.max(2, Math.floor(POOL_BYTES / partSizeBytes));
  return new BufferPool(Math.min(wanted, needed, affordable), partSizeBytes);
}

async function readLane(
  { source, onChunk, pass }: UploadOptions,
  lane: Lane,
  filler: PartFiller,
): Promise<void> {
  const onLaneChunk: OnChunk = (chunk) => {
    pass.signal.throwIfAborted();
    const observed = onChunk(chunk);
    const filled = filler.push(chunk);
    if (observed && filled) return Promise.all([observed, filled]).then(() => undefined);
    return observed ?? filled;
  };
  await source.read(lane.start, lane.end, onLaneChunk, pass.signal);
  filler.end();
}

/** Sends parts as they are filled, `plan.concurrency` at a time. The first failure aborts the pass. */
function createOutbox(options: UploadOptions) {
  const { plan, pass } = options;
  const { signal } = pass;
  const limit = createLimiter(plan.concurrency);
  const sent = new Map<number, SentPart>();
  const underWay = new Set<Promise<void>>();

  const send = async (part: FilledPart): Promise<void> => {
    try {
      if (part.number > MAX_PARTS) throw new JobFailure('source_too_large', `more than ${MAX_PARTS} parts`);
      const etag = await limit(() => sendPart(part, { ...options, signal }));
      const stored = { number: part.number, etag, crc32: encodeCrc32(part.crc32) };
      options.onSent(part.bytes.byteLength);
      sent.set(part.number, { stored, crc32: part.crc32, sizeBytes: part.bytes.byteLength });
      part.release();
    } catch (error) {
      pass.abort(error);
    }
  };
  return {
    post: (part: FilledPart): void => {
      const task: Promise<void> = send(part).finally(() => underWay.delete(task));
      underWay.add(task);
    },
    /** In the order of their numbers. */
    allSent: async (): Promise<SentPart[]> => {
      while (underWay.size > 0) await Promise.all(underWay);
      return [...sent.values()].sort((a, b) => a.stored.number - b.stored.number);
    },
  };
}

function summarise(sent: SentPart[], declaredBytes: number | null, sha256: string | undefined): Uploaded {
  const sizeBytes = sent.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (sizeBytes === 0) throw new JobFailure('source_empty');
  if (declaredBytes !== null && sizeBytes !== declaredBytes) {
    throw new JobFailure('source_truncated', `${sizeBytes} of ${declaredBytes} bytes`);
  }
  const crc32 = sent.reduce((crc, part) => combineCrc32(crc, part.crc32, part.sizeBytes), 0);
  return {
    parts: sent.map(({ stored }) => stored),
    sizeBytes,
    checksums: { crc32: encodeCrc32(crc32), ...(sha256 ? { sha256 } : {}) },
  };
}
