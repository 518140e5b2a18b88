/** Part buffers that a source fills before there is a plan. */
import { expect, test } from 'vitest';
import { PartMemory } from '../../../downloader/budget/part-memory.ts';
import type { ByteSource, PartLender } from '../../../downloader/content.ts';
import { readAhead } from '../../../downloader/upload/read-ahead.ts';

const MIB = 1024 ** 2;
const nothing = () => undefined;

/** A source that takes all the memory that it gets. */
function greedy(sizeBytes: number | null) {
  const taken: Buffer[] = [];
  const lenders: PartLender[] = [];
  const source: ByteSource = {
    sizeBytes,
    maxLanes: 1,
    read: () => Promise.resolve(),
    readAhead: (lender) => {
      lenders.push(lender);
      for (let buffer = lender.lend(); buffer; buffer = lender.lend()) taken.push(buffer);
      return () => {
        for (const buffer of taken.splice(0)) lender.takeBack(buffer);
      };
    },
  };
  return { source, taken, lenders };
}

test.each([
  ['9 MiB', 9 * MIB, 2],
  ['1 GiB', 1024 * MIB, 3],
  ['8 MiB, which is one PUT', 8 * MIB, 0],
  ['unknown size', null, 0],
  ['a size of which the parts may be larger', 8 * 1024 * MIB, 0],
])('a file of %s gets the buffers of its first parts', (_name, sizeBytes, count) => {
  const { source, taken } = greedy(sizeBytes);
  const memory = new PartMemory(128 * MIB);
  const ahead = readAhead(memory, source);
  expect([taken.length, memory.heldBytes]).toEqual([count, count * 8 * MIB]);
  ahead?.close();
  expect(memory.heldBytes).toBe(0);
});

test('an upload takes over the buffers with their bytes, and each of them once', () => {
  const { source, taken } = greedy(20 * MIB);
  const memory = new PartMemory(128 * MIB);
  const ahead = readAhead(memory, source)!;
  const [first, second] = taken;
  expect(ahead.takeOver(first!.subarray(0, 10)), 'before the upload has joined').toBeNull();
  const buffers = ahead.join(8 * MIB, nothing);
  expect(ahead.takeOver(second!.subarray(1, 10)), 'bytes inside of a buffer').toBeNull();
  expect(ahead.takeOver(Buffer.alloc(10)), 'bytes of the socket').toBeNull();
  expect(ahead.takeOver(first!.subarray(0, 10))).toBe(first);
  expect(ahead.takeOver(first!.subarray(0, 10))).toBeNull();
  // The source gives all of them back, also the one that is the upload's now.
  ahead.close();
  expect(memory.heldBytes).toBe(8 * MIB);
  buffers.give(first!);
  buffers.leave();
  expect(memory.heldBytes).toBe(0);
});

test('an upload with parts of another size does not wait for what its own source holds', () => {
  const { source, taken, lenders } = greedy(1024 * MIB);
  const memory = new PartMemory(64 * MIB);
  const ahead = readAhead(memory, source)!;
  const [first] = taken;
  const buffers = ahead.join(64 * MIB, nothing);
  lenders[0]!.takeBack(taken.pop()!);
  expect(lenders[0]!.lend()).toBeNull();
  expect(buffers.take()?.byteLength).toBe(64 * MIB);
  expect(ahead.takeOver(first!.subarray(0, 10))).toBeNull();
  ahead.close();
  expect(memory.heldBytes).toBe(64 * MIB);
});

test('nothing is read ahead while another upload waits for memory', () => {
  const memory = new PartMemory(64 * MIB);
  const large = memory.join(64 * MIB, nothing);
  const held = large.take()!;
  const waiting = memory.join(8 * MIB, nothing);
  expect(waiting.take()).toBeNull();
  waiting.wait();
  const { source, taken, lenders } = greedy(20 * MIB);
  readAhead(memory, source);
  large.give(held);
  expect([taken.length, lenders[0]!.lend(), memory.heldBytes]).toEqual([0, null, 0]);
});

test('files whose plans do not come leave half of the memory to others', () => {
  const memory = new PartMemory(128 * MIB);
  for (let file = 0; file < 8; file += 1) readAhead(memory, greedy(1024 * MIB).source);
  expect(memory.heldBytes).toBe(64 * MIB);
  const others = Array.from({ length: 8 }, () => memory.join(8 * MIB, nothing).take());
  expect(others.every((buffer) => buffer !== null)).toBe(true);
});
