import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ByteSource } from '../../../downloader/content.ts';
import { JobFailure } from '../../../downloader/job-failure.ts';
import { readLane, readLanes } from '../../../downloader/upload/read-lanes.ts';

const MIB = 1024 * 1024;
const PART = 8 * MIB;
const TICK_MS = 50;
const ZEROS = new Uint8Array(2 * MIB);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

interface Setting {
  sizeBytes: number;
  /** Bytes that a connection brings each 50 ms, when so many are open. */
  speed: (open: number) => number;
  /** Called before the first byte of a further connection. */
  refuse?: (count: number) => void;
  hasRoom?: () => boolean;
}

/** A source whose connections are counted. */
function makeSource({ sizeBytes, speed, refuse, hasRoom }: Setting) {
  const seen = { open: 0, most: 0, asked: 0, pastEnds: 0 };
  const source: ByteSource = {
    sizeBytes,
    maxLanes: 6,
    ...(hasRoom && { hasRoom }),
    async read(start, end, onChunk, signal, hints) {
      seen.asked += 1;
      seen.open += 1;
      seen.most = Math.max(seen.most, seen.open);
      try {
        if (hints?.isExtra) refuse?.(seen.asked);
        for (let at = start; at < (end ?? sizeBytes);) {
          await new Promise((resolve) => setTimeout(resolve, TICK_MS));
          signal.throwIfAborted();
          const bytes = Math.min(speed(seen.open), (end ?? sizeBytes) - at);
          await onChunk(ZEROS.subarray(0, bytes));
          at += bytes;
        }
      } finally {
        seen.open -= 1;
      }
    },
  };
  return { source, seen };
}

/** Reads everything; how long it takes on the clock of the test, and how often each part came. */
async function readAll(setting: Setting) {
  const { source, seen } = makeSource(setting);
  const pass = new AbortController();
  const received = { bytes: 0 };
  const perPart = new Map<number, number>();
  const startedMs = Date.now();
  const reading = readLanes({
    source,
    partSizeBytes: PART,
    signal: pass.signal,
    onFailure: (error) => pass.abort(error),
    isHeldBack: () => false,
    totalBytes: () => received.bytes,
    readLane: (lane, isExtra) => {
      let at = lane.start;
      const onChunk = (chunk: Uint8Array) => {
        received.bytes += chunk.byteLength;
        for (let left = chunk.byteLength; left > 0;) {
          const part = Math.floor(at / PART);
          const bytes = Math.min(left, (part + 1) * PART - at);
          perPart.set(part, (perPart.get(part) ?? 0) + bytes);
          at += bytes;
          left -= bytes;
        }
      };
      return readLane(source, lane, { onChunk, signal: pass.signal, hints: { isExtra } });
    },
  });
  const clock = setInterval(() => undefined, TICK_MS);
  void reading.finally(() => clearInterval(clock));
  while (vi.getTimerCount() > 0) await vi.advanceTimersByTimeAsync(TICK_MS);
  await reading;
  return {
    ...seen,
    failure: pass.signal.reason as unknown,
    received: received.bytes,
    perPart,
    ms: Date.now() - startedMs,
  };
}

const SIZE = 64 * PART + 17;

function expectOnce({ received, perPart }: Awaited<ReturnType<typeof readAll>>, sizeBytes = SIZE): void {
  expect(received).toBe(sizeBytes);
  const parts = Math.ceil(sizeBytes / PART);
  const sizes = Array.from({ length: parts }, (_, index) => Math.min(PART, sizeBytes - index * PART));
  expect(Array.from({ length: parts }, (_, index) => perPart.get(index))).toEqual(sizes);
}

describe('a large source', () => {
  test('whose connections are slow is read by six, four times as fast, and no byte twice', async () => {
    const alone = SIZE / MIB / 20;
    const read = await readAll({ sizeBytes: SIZE, speed: () => MIB });
    expectOnce(read);
    expect(read.most).toBe(6);
    expect(read.asked).toBeLessThan(30);
    expect(read.ms / 1000).toBeLessThan(alone / 4);
  });

  test('that is not faster with three connections is read by one in the end', async () => {
    const read = await readAll({ sizeBytes: SIZE, speed: (open) => Math.floor((2 * MIB) / open) });
    expectOnce(read);
    expect(read.most).toBe(3);
    expect(read.asked).toBeLessThan(6);
  });

  test('that refuses further connections is read on by the first one, and not asked again', async () => {
    const refuse = () => {
      throw new JobFailure('source_rate_limited', 'HTTP 429');
    };
    const read = await readAll({ sizeBytes: SIZE, speed: () => MIB, refuse });
    expectOnce(read);
    expect(read.failure).toBeUndefined();
    expect(read.asked).toBe(3);
  });

  test('that refuses the third connection is read by two', async () => {
    const refuse = (asked: number) => {
      if (asked > 2) throw new JobFailure('source_rate_limited', 'HTTP 429');
    };
    const read = await readAll({ sizeBytes: SIZE, speed: () => MIB, refuse });
    expectOnce(read);
    expect(read.most).toBeLessThanOrEqual(3);
  });

  test('whose host has no room for more is read by one connection', async () => {
    const read = await readAll({ sizeBytes: SIZE, speed: () => MIB, hasRoom: () => false });
    expectOnce(read);
    expect(read.asked).toBe(1);
  });

  test('of seven parts is read by one connection', async () => {
    const read = await readAll({ sizeBytes: 7 * PART, speed: () => MIB });
    expectOnce(read, 7 * PART);
    expect(read.asked).toBe(1);
  });

  test('that breaks inside a lane fails, and no connection stays open', async () => {
    const failure = new JobFailure('source_truncated', 'broken');
    const speed = (open: number) => {
      if (open === 6) throw failure;
      return MIB;
    };
    const read = await readAll({ sizeBytes: SIZE, speed });
    expect(read.failure).toBe(failure);
    expect(read.open).toBe(0);
  });
});
