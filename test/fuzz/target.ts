/** What is fuzzed: a reader, files to start from, and what must be true of every run. */
import { crc32 } from 'node:zlib';
import { JobFailure } from '../../downloader/job-failure.ts';
import { createForwardReader } from '../../downloader/media/forward-reader.ts';
import { memoryReader, orderedReader, type OrderedReader } from '../../downloader/media/reader.ts';
import type { Random } from './random.ts';
import type { Format } from './tree.ts';

export interface Target {
  name: string;
  format: Format;
  /** What the caller of the reader lets through; default 2 MiB. */
  mostBytes?: number;
  corpus: () => Promise<Buffer[]>;
  /** Throws when something is not as it must be. */
  run: (bytes: Buffer, random: Random) => Promise<void> | void;
}

/** The codes of damaged files. */
const CODES = ['media_truncated', 'media_unreadable'];

/** What was read, or the code of the failure. An error of any other kind is a bug. */
async function outcomeOf(reading: Promise<unknown>): Promise<{ read: unknown } | { code: string }> {
  try {
    return { read: await reading };
  } catch (error) {
    if (error instanceof JobFailure && CODES.includes(error.failure.code))
      return { code: error.failure.code };
    throw error;
  }
}

type Read = (reader: OrderedReader) => Promise<unknown>;

/** Reads bytes that arrive in chunks; the buffer of the chunks is overwritten, as sources do. */
async function readInOrder(read: Read, bytes: Buffer, chunkBytes: number): Promise<unknown> {
  const forward = createForwardReader();
  const reading = read(forward.reader).finally(() => forward.stop(new Error('the reader has ended')));
  // It is awaited below; until then, a failure must not count as unhandled.
  reading.catch(() => undefined);
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const length = bytes.copy(chunk, 0, at, at + chunkBytes);
    await forward.push(chunk.subarray(0, length));
    chunk.fill(0xa5);
  }
  forward.end();
  return reading;
}

/** `isWhole`: false for a reader that skips parts when it reads at random, so that the two ways may find different damage. */
export function readerTarget(
  input: Pick<Target, 'name' | 'format' | 'corpus'> & { read: Read; isWhole?: boolean },
): Target {
  const { read, isWhole = true, ...target } = input;
  return {
    ...target,
    run: async (bytes, random) => {
      const atRandom = show(await outcomeOf(read(orderedReader(memoryReader(bytes)))));
      // Reading twice takes longer, mostly for buffers.
      if (!random.oneIn(3)) return;
      const chunkBytes = random.pick([Math.ceil(bytes.length / 7) || 1, 4096, 65_536, 262_144]);
      const inOrder = show(await outcomeOf(readInOrder(read, bytes, chunkBytes)));
      if (!isWhole || atRandom === inOrder) return;
      throw new Error(`at random ${atRandom}, in chunks of ${chunkBytes} bytes ${inOrder}`);
    },
  };
}

/** As text, in which NaN and infinite numbers are errors. */
function show(outcome: unknown): string {
  if (typeof outcome === 'number' && !Number.isFinite(outcome)) throw new Error(`a number is ${outcome}`);
  if (outcome instanceof Uint8Array) return `${outcome.length} bytes with CRC ${crc32(outcome)}`;
  if (outcome instanceof Map) return show([...(outcome as Map<unknown, unknown>)]);
  if (typeof outcome !== 'object' || outcome === null) return String(outcome);
  return `{${Object.entries(outcome)
    .map(([name, value]) => `${name}: ${show(value)}`)
    .join(', ')}}`;
}
