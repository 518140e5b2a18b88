import { describe, expect, test } from 'vitest';
import { Lanes, type Lane } from '../../../downloader/upload/lanes.ts';

const MIB = 1024 * 1024;
const PART = 8 * MIB;

/** Reads a part of each lane in turn with this many connections. Returns the lanes in the order in which they ended. */
function readAll(lanes: Lanes, connections: number): Lane[] {
  const open: Lane[] = [lanes.first];
  const ended: Lane[] = [];
  while (open.length > 0) {
    for (const lane of open) lane.position = Math.min(lane.position + PART / 2, lane.end ?? Infinity);
    for (const lane of open.filter(({ position, end }) => position === end)) {
      open.splice(open.indexOf(lane), 1);
      ended.push(lane);
    }
    while (open.length < connections) {
      const next = lanes.take(connections);
      if (!next) break;
      open.push(next);
    }
  }
  return ended;
}

describe('the lanes of an object', () => {
  test('of unknown size are one, and no other connection gets a part', () => {
    const lanes = new Lanes(null, PART);
    expect(lanes.first).toEqual({ start: 0, end: null, position: 0, firstNumber: 1 });
    expect(lanes.take(4)).toBeNull();
  });

  test.each([
    [1, 2],
    [2, 2],
    [9, 2],
    [64, 3],
    [127, 6],
    [9999, 6],
  ])('of %i parts and a rest cover it exactly once for %i connections', (parts, connections) => {
    const sizeBytes = parts * PART + 5;
    const ended = readAll(new Lanes(sizeBytes, PART), connections).toSorted((a, b) => a.start - b.start);
    expect(ended[0]?.start).toBe(0);
    for (const [index, { start, end, firstNumber }] of ended.entries()) {
      expect(end).toBe(ended[index + 1]?.start ?? sizeBytes);
      expect(firstNumber).toBe(start / PART + 1);
    }
  });

  test('are few, and the last ones are small, so that all connections end together', () => {
    const ended = readAll(new Lanes(128 * PART, PART), 4);
    expect(ended.length).toBeLessThan(30);
    const last = ended.slice(-3).map(({ start, end }) => ((end ?? 0) - start) / PART);
    expect(Math.min(...last)).toBe(1);
  });

  test('leave the part to the first lane that it is in', () => {
    const lanes = new Lanes(3 * PART, PART);
    lanes.first.position = PART;
    expect(lanes.take(2)?.start).toBe(2 * PART);
    expect(lanes.take(2)).toBeNull();
    expect(lanes.first.end).toBe(2 * PART);
  });

  test('that are given back belong to the first one again, or to the next connection', () => {
    const lanes = new Lanes(16 * PART, PART);
    const [last, before] = [lanes.take(2), lanes.take(2)];
    if (!last || !before) throw new Error('There are free parts.');
    lanes.giveBack(last);
    expect(lanes.first.end).toBe(before.start);
    lanes.giveBack(before);
    expect(lanes.first.end).toBe(before.end);
    expect(lanes.take(2)).toBe(last);
  });
});
