import { afterEach, describe, expect, test, vi } from 'vitest';
import { PartMemory } from '../../../downloader/budget/part-memory.ts';
import { BufferPool } from '../../../downloader/upload/buffer-pool.ts';

const MIB = 1024 * 1024;
/** Parts of a usual file, of one of unknown size, and for a provider that takes at most 1,000 parts. */
const [USUAL, UNKNOWN, LARGE] = [8 * MIB, 16 * MIB, 54 * MIB];
const LIMIT = 128 * MIB;

afterEach(() => void vi.useRealTimers());

function makePool(memory: PartMemory, sizeBytes = USUAL, count = 6, onWait = () => undefined): BufferPool {
  return new BufferPool({ count, sizeBytes, memory, onWait });
}

const makePools = (length: number, memory: PartMemory, sizeBytes = USUAL) =>
  Array.from({ length }, () => makePool(memory, sizeBytes));

/** Takes all buffers that are to be had now. */
function takeAll(pool: BufferPool): Buffer[] {
  const taken: Buffer[] = [];
  for (let buffer = pool.tryTake(); buffer; buffer = pool.tryTake()) taken.push(buffer);
  return taken;
}

function taken(pool: BufferPool): Buffer {
  const buffer = pool.tryTake();
  if (!buffer) throw new Error('There was a buffer.');
  return buffer;
}

/** Waits for a buffer. `order` gets `name` with it. */
function queue(pool: BufferPool, name: string, order: string[]): Promise<Buffer> {
  expect(pool.tryTake()).toBeNull();
  return pool.take().then((buffer) => {
    order.push(name);
    return buffer;
  });
}

describe('the part buffers of uploads', () => {
  test('are as many as one upload may have while it is alone', () => {
    expect(takeAll(makePool(new PartMemory(LIMIT)))).toHaveLength(6);
    expect(takeAll(makePool(new PartMemory(LIMIT), USUAL, 100))).toHaveLength(16);
  });

  test('are shared: what comes back of a large share goes to the others', () => {
    const memory = new PartMemory(LIMIT);
    const first = makePool(memory, USUAL, 100);
    const held = takeAll(first);
    const others = makePools(3, memory);
    for (const buffer of held) first.give(buffer);
    expect([first, ...others].map((pool) => takeAll(pool).length)).toEqual([4, 4, 4, 4]);
  });

  test('that an upload never gives back cost the others nothing but its share', () => {
    const memory = new PartMemory(LIMIT);
    const [slow, ...honest] = makePools(4, memory);
    if (slow) takeAll(slow);
    for (let round = 0; round < 3; round += 1) {
      const rounds = honest.map((pool) => ({ pool, buffers: takeAll(pool) }));
      expect(rounds.map(({ buffers }) => buffers.length)).toEqual([4, 4, 4]);
      for (const { pool, buffers } of rounds) for (const buffer of buffers) pool.give(buffer);
    }
  });

  test('of eight uploads have a bound, whatever the size of their parts', () => {
    for (const sizeBytes of [USUAL, UNKNOWN, LARGE]) {
      const memory = new PartMemory(LIMIT);
      for (const pool of makePools(8, memory, sizeBytes)) takeAll(pool);
      expect(memory.heldBytes).toBeLessThanOrEqual(LIMIT);
    }
  });

  test('of many uploads are one each, and above that the bound follows from the machine', () => {
    const memory = new PartMemory(4 * LIMIT);
    expect(makePools(8, memory, UNKNOWN).map((pool) => takeAll(pool).length)).toEqual(Array(8).fill(1));
    expect(makePools(6, memory, LARGE).map((pool) => takeAll(pool).length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(memory.heldBytes).toBeLessThanOrEqual(4 * LIMIT);
  });

  test('always have room for the largest part, which one upload after the other gets', async () => {
    const memory = new PartMemory(MIB);
    const [first, second] = [makePool(memory, 64 * MIB), makePool(memory, 64 * MIB)];
    const order: string[] = [];
    const buffer = taken(first);
    const waiting = queue(second, 'second', order);
    first.give(buffer);
    expect(await waiting).toHaveLength(64 * MIB);
  });
});

describe('an upload that waits for memory', () => {
  test('gets it in its turn: those that hold nothing come first, then in the order in which they came', async () => {
    const memory = new PartMemory(LIMIT);
    const [a, b, c, d] = makePools(4, memory, LARGE);
    if (!a || !b || !c || !d) throw new Error('There are four.');
    const order: string[] = [];
    const held = [taken(a), taken(b)];
    const all = [queue(c, 'c', order), queue(a, 'a', order), queue(d, 'd', order)];
    expect(memory.waiting).toBe(2);
    a.give(held[0] ?? Buffer.alloc(0));
    c.give(await (all[0] as Promise<Buffer>));
    a.give(await (all[1] as Promise<Buffer>));
    await all[2];
    expect(order).toEqual(['c', 'a', 'd']);
    expect(memory.waiting).toBe(0);
  });

  test('never blocks the others: sixteen uploads of any part size send all their parts', async () => {
    const memory = new PartMemory(LIMIT);
    let most = 0;
    const upload = async (sizeBytes: number) => {
      const pool = makePool(memory, sizeBytes, 3);
      const sending = new Set<Promise<void>>();
      for (let part = 0; part < 20; part += 1) {
        const buffer = pool.tryTake() ?? (await pool.take());
        most = Math.max(most, memory.heldBytes);
        const task: Promise<void> = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
          sending.delete(task);
          pool.give(buffer);
        });
        sending.add(task);
      }
      await Promise.all(sending);
      pool.dispose();
    };
    await Promise.all(
      Array.from({ length: 16 }, (_, index) => upload([USUAL, UNKNOWN, LARGE][index % 3] ?? USUAL)),
    );
    expect(most).toBeGreaterThan(LIMIT / 2);
    expect(most).toBeLessThanOrEqual(LIMIT);
    expect(memory.heldBytes).toBe(0);
  });

  test('with usual parts does not wait for large parts of slow sources, and does not keep those waiting for ever', () => {
    const memory = new PartMemory(LIMIT);
    const large = makePools(3, memory, LARGE);
    expect(large.map((pool) => takeAll(pool).length)).toEqual([1, 1, 0]);
    large[2]?.take().catch(() => undefined);
    expect(makePools(3, memory).map((pool) => takeAll(pool).length)).toEqual([1, 1, 0]);
  });

  test('holds no more than its own count allows, and leaves the queue when it ends', async () => {
    const memory = new PartMemory(LIMIT);
    const [a, b, c] = makePools(3, memory, LARGE);
    if (!a || !b || !c) throw new Error('There are three.');
    const order: string[] = [];
    const buffer = taken(a);
    taken(b);
    const refused = queue(c, 'c', order);
    const again = queue(a, 'a', order);
    c.close(new Error('canceled'));
    await expect(refused).rejects.toThrow('canceled');
    await expect(c.take()).rejects.toThrow('canceled');
    c.dispose();
    expect(memory.waiting).toBe(0);
    a.give(buffer);
    await again;
    expect(order).toEqual(['a']);
  });

  test('is excused as long as it holds nothing', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const memory = new PartMemory(LIMIT);
    const [a, b] = makePools(2, memory, LARGE);
    const onWait = vi.fn<() => undefined>();
    const waiting = makePool(memory, LARGE, 2, onWait);
    if (!a || !b) throw new Error('There are two.');
    const buffer = taken(a);
    taken(b);
    const first = waiting.take();
    vi.advanceTimersByTime(2000);
    expect(onWait).toHaveBeenCalledTimes(4);
    a.give(buffer);
    await first;
    // Now its own part is awaited, which is the business of its source or its storage.
    void waiting.take();
    vi.advanceTimersByTime(2000);
    expect(onWait).toHaveBeenCalledTimes(4);
  });
});
