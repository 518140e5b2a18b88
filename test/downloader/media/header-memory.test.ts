/** Checks of many files at once share the memory for their headers. */
import { expect, test, vi } from 'vitest';
import { createGate } from '../../../downloader/budget/gate.ts';
import { checkMedia } from '../../../downloader/media/check.ts';
import type { RandomReader } from '../../../downloader/media/reader.ts';
import { sniff, SNIFF_BYTES } from '../../../downloader/media/sniff.ts';
import { createStreamCheck } from '../../../downloader/media/stream-check.ts';
import { largestTables } from '../../support/long-mp4.ts';
import { outcomeOf, pushAll } from './outcome.ts';

const MIB = 1024 * 1024;
const { head, mediaBytes } = largestTables(16 * MIB, 20 * MIB);
const SIZE = head.length + mediaBytes;
/** Only one of these headers fits. */
const LIMIT = 24 * MIB;
const sniffed = await sniff(head.subarray(0, SNIFF_BYTES));

function toolsWith(headers: { gate: ReturnType<typeof createGate>; maxWaitMs?: number }) {
  const controller = new AbortController();
  const touch = vi.fn<() => void>();
  const tools = {
    limits: { maxDurationSeconds: 43_200 },
    signal: controller.signal,
    ffmpeg: null,
    confinement: null,
    headers: { ...headers, touch },
  };
  return { tools, controller, touch };
}

/** Reads into memory of its own, and tells how much of it is in use. */
function countingReader(inUse: Set<ArrayBuffer>): RandomReader {
  return {
    sizeBytes: SIZE,
    read: async (start, end) => {
      const bytes = new Uint8Array(end - start);
      bytes.set(head.subarray(start, end));
      if (bytes.length > MIB) inUse.add(bytes.buffer);
      // Others may begin meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
      return bytes;
    },
  };
}

test('large headers of many files at once are read one after the other, and each is freed at once', async () => {
  const gate = createGate(LIMIT);
  const blocks = new Set<ArrayBuffer>();
  let mostBytes = 0;
  const reader = countingReader(blocks);
  const look = () => {
    const bytes = [...blocks].reduce((sum, { byteLength }) => sum + byteLength, 0);
    mostBytes = Math.max(mostBytes, bytes);
  };
  const watched: RandomReader = { ...reader, read: (start, end) => reader.read(start, end).finally(look) };
  const checks = Array.from({ length: 5 }, () =>
    outcomeOf(checkMedia(watched, sniffed, toolsWith({ gate }).tools)),
  );
  for (const outcome of await Promise.all(checks)) expect(outcome).toMatchObject({ videoCodec: 'avc' });
  expect(blocks.size).toBe(5);
  expect(mostBytes).toBeGreaterThan(15 * MIB);
  expect(mostBytes).toBeLessThanOrEqual(LIMIT);
  look();
  expect([...blocks].map(({ byteLength }) => byteLength)).toEqual(Array(5).fill(0));
});

/** A check that has its header half. */
async function half(gate: ReturnType<typeof createGate>) {
  const { tools, controller } = toolsWith({ gate });
  const check = createStreamCheck(sniffed, tools);
  await check.push(head.subarray(0, 8 * MIB));
  return { check, controller };
}

test('a check that is aborted in the middle of its header leaves the memory to the next one', async () => {
  const gate = createGate(LIMIT);
  const { controller } = await half(gate);
  const reader = countingReader(new Set());
  const { tools } = toolsWith({ gate });
  const next = outcomeOf(checkMedia(reader, sniffed, tools));
  controller.abort(new Error('canceled'));
  expect(await next).toMatchObject({ videoCodec: 'avc' });
});

test('a check whose upload waits for it gives up in the end, so that no two uploads wait for each other', async () => {
  const gate = createGate(LIMIT);
  const { check } = await half(gate);
  const late = createStreamCheck(sniffed, toolsWith({ gate, maxWaitMs: 50 }).tools);
  expect(await outcomeOf(pushAll(late, head, MIB))).toMatchObject({ code: 'downloader_out_of_memory' });
  await check.push(head.subarray(8 * MIB));
  await check.push(new Uint8Array(mediaBytes));
  expect(await outcomeOf(check.finish())).toMatchObject({ videoCodec: 'avc' });
});
