/** How a direct file that is too large for memory is verified while it is uploaded. */
import { checkMedia, type CheckTools } from '../../media/check.ts';
import type { SniffedMedia } from '../../media/sniff.ts';
import { createStreamCheck } from '../../media/stream-check.ts';
import type { ByteSource, Inspection, OnChunk } from '../../content.ts';
import type { CheckedFacts } from '../../track-rates.ts';
import { createRangeReader } from '../http/range-reader.ts';
import { hasFragmentsOnly } from './front-boxes.ts';

export type InspectTools = Omit<CheckTools, 'signal'>;

/** Bytes that are collected before the check sees them: it is asynchronous, and each call pauses the source. */
const STAGE_BYTES = 256 * 1024;

/**
 * Containers that are checked by a few reads around their index. Others are read from start to end, which is free while
 * they are uploaded in order, and would need a second download by ranges.
 */
const INDEXED_CONTAINERS = new Set(['mp4', 'mov', 'wav']);

/** True when the file must pass the check in order, by one connection. `head` is its start. */
export function needsOrder({ probe, container }: SniffedMedia, head: Uint8Array): boolean {
  if (probe === 'mediabunny') return !INDEXED_CONTAINERS.has(container) || hasFragmentsOnly(head);
  return probe === 'ffmpeg';
}

/** Checks with separate range requests during the upload. A failure ends the pass at once. */
export function inspectByRanges(
  source: ByteSource,
  head: Uint8Array,
  sniffed: SniffedMedia,
  tools: InspectTools,
) {
  return (pass: AbortController): Inspection => {
    const reader = createRangeReader(source, head, pass.signal);
    const facts = checkMedia(reader, sniffed, { ...tools, signal: pass.signal });
    facts.catch((error: unknown) => pass.abort(error));
    return { push: null, finish: () => facts };
  };
}

/** Checks the bytes of the upload. */
export function inspectInOrder(sniffed: SniffedMedia, tools: InspectTools) {
  return (pass: AbortController): Inspection => {
    const check = createStreamCheck(sniffed, { ...tools, signal: pass.signal });
    const stage = createStage((bytes) => check.push(bytes));
    const finish = async (): Promise<CheckedFacts> => {
      await stage.flush();
      return check.finish();
    };
    return { push: stage.push, finish };
  };
}

/** Collects chunks. `look` gets them together, and may use the bytes until it settles. */
function createStage(look: (bytes: Uint8Array) => Promise<void>): {
  push: OnChunk;
  flush: () => Promise<void>;
} {
  const stage = Buffer.allocUnsafeSlow(STAGE_BYTES);
  let filled = 0;
  const flush = async (): Promise<void> => {
    const bytes = stage.subarray(0, filled);
    filled = 0;
    if (bytes.byteLength > 0) await look(bytes);
  };
  const fill = (chunk: Uint8Array): Uint8Array => {
    const fitting = chunk.subarray(0, STAGE_BYTES - filled);
    stage.set(fitting, filled);
    filled += fitting.byteLength;
    return chunk.subarray(fitting.byteLength);
  };
  const pushRest = async (rest: Uint8Array): Promise<void> => {
    await flush();
    await push(rest);
  };
  const push: OnChunk = (chunk) => {
    const rest = fill(chunk);
    if (filled === STAGE_BYTES) return pushRest(Uint8Array.from(rest));
  };
  return { push, flush };
}
