/** Uploads an object to one or several placements: lanes of the source fill parts, and filled parts are sent meanwhile. */
import { createHash } from 'node:crypto';
import { combineCrc32, encodeCrc32 } from '../../worker/contract/encoding/crc32.ts';
import type { Checksums } from '../../worker/contract/media.ts';
import type { StoredPart, UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';
import { JobFailure } from '../job-failure.ts';
import type { ByteSource, OnChunk } from '../content.ts';
import { BufferPool } from './buffer-pool.ts';
import type { Lane } from './lanes.ts';
import { watchBusyness } from './busy.ts';
import { createOutbox, type OutboxOptions, type SentPart } from './outbox.ts';
import { PartFiller } from './part-filler.ts';
import { mayDivide, readLane, readLanes } from './read-lanes.ts';
import { POOL_BYTES, type UploadMemory } from './read-ahead.ts';
import { SecondaryUploads, type Secondary, type SecondaryParts } from './secondaries.ts';

export interface UploadOptions extends Omit<OutboxOptions, 'signal' | 'onFailure'> {
  source: ByteSource;
  plan: UploadPlan;
  /** Uploads to other destinations, with parts of the same size. Their failures do not fail this one. */
  secondaries: Secondary[];
  partMemory: UploadMemory;
  /** Receives every byte once; in order if `source.maxLanes` is 1. */
  onChunk: OnChunk;
  /** Aborted on the first failure; `uploadObject` throws its reason. */
  pass: AbortController;
  /** For how long other destinations may hold the primary upload up; 20 s by default. */
  maxLagMs?: number;
}

export interface Uploaded {
  parts: StoredPart[];
  sizeBytes: number;
  checksums: Checksums;
  /** The other destinations that have taken all parts. */
  secondaries: SecondaryParts[];
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
  const isDivided = mayDivide(source, partSizeBytes);
  const connections = isDivided ? source.maxLanes : 1;
  const pool = createPool(options, partSizeBytes, plan.concurrency + connections);
  const closePool = () => pool.close(signal.reason);
  signal.addEventListener('abort', closePool, { once: true });
  const { primary, secondaries, endReading } = openOutboxes(options, pool);
  const whole = isDivided ? null : createHash('sha256');
  const received = { bytes: 0 };
  const isBusy = watchBusyness();
  await readLanes({
    source,
    partSizeBytes,
    signal,
    onFailure: (error) => pass.abort(error),
    isHeldBack: () => isBusy() || pool.isExhausted,
    totalBytes: () => received.bytes,
    readLane: async (lane, isExtra) => {
      const filler = new PartFiller({
        pool,
        partSizeBytes,
        lane,
        needsSha256: [options, ...options.secondaries].some(({ plan: { digest } }) => digest === 'sha256'),
        whole,
        takeOver: (bytes) => options.partMemory.takeOver?.(bytes) ?? null,
        onPart: (part) => secondaries.post(part),
      });
      await fillLane(options, { lane, filler, received, isExtra });
    },
  });
  endReading();
  const [sent, others] = await Promise.all([primary.allSent(), secondaries.allSent()]);
  signal.removeEventListener('abort', closePool);
  pool.dispose();
  signal.throwIfAborted();
  return { ...summarise(sent, source.sizeBytes, whole?.digest('hex')), secondaries: others };
}

/** The first failure of the primary upload aborts the pass. */
function openOutboxes(options: UploadOptions, pool: BufferPool) {
  const { pass } = options;
  const { signal } = pass;
  const primary = createOutbox({ ...options, signal, onFailure: (reason) => pass.abort(reason) });
  let isReading = true;
  // The others also hold up the end, once the primary upload has all parts.
  const isHeldBack = () => (isReading ? pool.isExhausted : primary.pending.size === 0);
  const secondaries = new SecondaryUploads({ ...options, signal, primary, isHeldBack });
  const endReading = () => {
    isReading = false;
  };
  return { primary, secondaries, endReading };
}

function createPool(
  { source: { sizeBytes }, partMemory: memory, onActivity: onWait }: UploadOptions,
  partSizeBytes: number,
  wanted: number,
): BufferPool {
  const needed = sizeBytes === null ? wanted : Math.ceil(sizeBytes / partSizeBytes);
  const affordable = Math.max(2, Math.floor(POOL_BYTES / partSizeBytes));
  const count = Math.min(wanted, needed, affordable);
  return new BufferPool({ count, sizeBytes: partSizeBytes, memory, onWait });
}

interface Filling {
  lane: Lane;
  filler: PartFiller;
  /** Counts the bytes of all lanes. */
  received: { bytes: number };
  isExtra: boolean;
}

async function fillLane(
  { source, onChunk, pass: { signal } }: UploadOptions,
  { lane, filler, received, isExtra }: Filling,
): Promise<void> {
  const onLaneChunk: OnChunk = (chunk) => {
    signal.throwIfAborted();
    received.bytes += chunk.byteLength;
    const observed = onChunk(chunk);
    const filled = filler.push(chunk);
    if (observed && filled) return Promise.all([observed, filled]).then(() => undefined);
    return observed ?? filled;
  };
  const fail = () => filler.fail(signal.reason);
  signal.addEventListener('abort', fail, { once: true });
  try {
    await readLane(source, lane, {
      onChunk: onLaneChunk,
      signal,
      hints: { isExtra, room: () => filler.room() },
    });
    filler.end();
  } catch (error) {
    filler.fail(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', fail);
  }
}

function summarise(
  sent: SentPart[],
  declaredBytes: number | null,
  sha256: string | undefined,
): Omit<Uploaded, 'secondaries'> {
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
