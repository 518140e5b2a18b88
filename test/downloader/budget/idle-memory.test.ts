import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IdleMemory } from '../../../downloader/budget/idle-memory.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('memory is used again by requests of a similar size, and never by two at once', () => {
  const memory = new IdleMemory(MIB);
  const [a, b] = [memory.take(100 * KIB), memory.take(100 * KIB)];
  expect(a.buffer).not.toBe(b.buffer);
  memory.keep(a);
  const c = memory.take(120 * KIB);
  expect(c.buffer).toBe(a.buffer);
  expect([a, c].map(({ byteLength }) => byteLength)).toEqual([100 * KIB, 120 * KIB]);
  memory.keep(b);
  expect(memory.take(300 * KIB).buffer).not.toBe(b.buffer);
});

test('memory that nobody uses for ten seconds is freed', () => {
  const memory = new IdleMemory(MIB);
  const [a, b] = [memory.take(100 * KIB), memory.take(100 * KIB)];
  memory.keep(a);
  vi.advanceTimersByTime(6000);
  memory.keep(b);
  vi.advanceTimersByTime(5000);
  // A freed block has no bytes.
  expect([a, b].map(({ byteLength }) => byteLength)).toEqual([0, 100 * KIB]);
  vi.advanceTimersByTime(6000);
  expect(memory.bytes).toBe(0);
  expect(b.byteLength).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('idle memory has a bound: what has been idle longest is freed first', () => {
  const memory = new IdleMemory(16 * MIB);
  const buffers = [8, 8, 8].map((size) => memory.take(size * MIB));
  for (const buffer of buffers) memory.keep(buffer);
  expect(buffers.map(({ byteLength }) => byteLength / MIB)).toEqual([0, 8, 8]);
  const large = memory.take(54 * MIB);
  memory.keep(large);
  expect(memory.bytes).toBe(54 * MIB);
  memory.shrinkTo(0);
  expect([memory.bytes, large.byteLength]).toEqual([0, 0]);
});
