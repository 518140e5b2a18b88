import { describe, expect, test } from 'vitest';
import { PartMemory } from '../../../downloader/budget/part-memory.ts';
import { BufferPool } from '../../../downloader/upload/buffer-pool.ts';

const MIB = 1024 * 1024;
const SIZE = 8 * MIB;
/** Twelve buffers. */
const LIMIT = 96 * MIB;

function makePool(memory: PartMemory, count = 6): BufferPool {
  return new BufferPool({ count, sizeBytes: SIZE, memory });
}

/** Takes all buffers that are to be had now. */
function takeAll(pool: BufferPool): Buffer[] {
  const taken: Buffer[] = [];
  for (let buffer = pool.tryTake(); buffer; buffer = pool.tryTake()) taken.push(buffer);
  return taken;
}

describe('the part buffers of uploads', () => {
  test('are as many as one upload wants while it is alone', () => {
    expect(takeAll(makePool(new PartMemory(LIMIT)))).toHaveLength(6);
    expect(takeAll(makePool(new PartMemory(LIMIT), 100))).toHaveLength(12);
  });

  test('are shared: what comes back of a large share goes to the others', () => {
    const memory = new PartMemory(LIMIT);
    const first = makePool(memory, 12);
    const held = takeAll(first);
    const others = [makePool(memory), makePool(memory)];
    for (const buffer of held) first.give(buffer);
    expect([first, ...others].map((pool) => takeAll(pool).length)).toEqual([4, 4, 4]);
  });

  test('are two for each upload at least, however many there are', () => {
    const memory = new PartMemory(LIMIT);
    const pools = Array.from({ length: 20 }, () => makePool(memory));
    expect(pools.map((pool) => takeAll(pool).length)).toEqual(Array(20).fill(2));
  });

  test('that an upload never gives back cost the others nothing but its share', () => {
    const memory = new PartMemory(LIMIT);
    const [slow, ...honest] = Array.from({ length: 4 }, () => makePool(memory));
    if (slow) takeAll(slow);
    for (let round = 0; round < 3; round += 1) {
      const taken = honest.map((pool) => ({ pool, buffers: takeAll(pool) }));
      expect(taken.map(({ buffers }) => buffers.length)).toEqual([3, 3, 3]);
      for (const { pool, buffers } of taken) for (const buffer of buffers) pool.give(buffer);
    }
  });

  test('go to an upload that waits as soon as another one has ended', async () => {
    const memory = new PartMemory(LIMIT);
    const pools = Array.from({ length: 6 }, () => makePool(memory));
    const [waiting, ...ending] = pools;
    if (!waiting) throw new Error('There are six.');
    takeAll(waiting);
    const next = waiting.take();
    expect(waiting.isExhausted).toBe(true);
    for (const pool of ending) pool.dispose();
    expect((await next).byteLength).toBe(SIZE);
    expect(waiting.isExhausted).toBe(false);
    expect(takeAll(waiting)).toHaveLength(3);
  });

  test('wait for the share when a buffer comes back to an upload that holds too many', async () => {
    const memory = new PartMemory(LIMIT);
    const first = makePool(memory, 12);
    const held = takeAll(first);
    const others = Array.from({ length: 5 }, () => makePool(memory));
    const next = first.take();
    for (const buffer of held.slice(0, 10)) first.give(buffer);
    expect(first.isExhausted).toBe(true);
    first.give(held[10] ?? Buffer.alloc(0));
    await expect(next).resolves.toHaveLength(SIZE);
    for (const pool of others) pool.dispose();
  });
});
