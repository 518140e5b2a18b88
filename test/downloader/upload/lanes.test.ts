import { describe, expect, test } from 'vitest';
import { Lanes, type Lane } from '../../../downloader/upload/lanes.ts';

const MIB = 1024 * 1024;
const PART = 8 * MIB;

/**
 * Reads half a part of each lane in turn with this many connections; the second one is slower by this factor. Returns the lanes in the order
 * in which they ended, and the number of turns.
 */
function readAll(lanes: Lanes, connections: number, slowness = 1): { ended: Lane[]; turns: number } {
  let turns = 0;
  const open: Lane[] = [lanes.first];
  const ended: Lane[] = [];
  while (open.length > 0) {
    turns += 1;
    for (const [index, lane] of open.entries()) {
      const bytes = PART / 2 / (index === 1 ? slowness : 1);
      lane.position = Math.min(lane.position + bytes, lane.end ?? Infinity);
    }
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
  return { ended, turns };
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
    const read = readAll(new Lanes(sizeBytes, PART), connections, 8);
    const ended = read.ended.toSorted((a, b) => a.start - b.start);
    expect(ended[0]?.start).toBe(0);
    for (const [index, { start, end, firstNumber }] of ended.entries()) {
      expect(end).toBe(ended[index + 1]?.start ?? sizeBytes);
      expect(firstNumber).toBe(start / PART + 1);
    }
  });

  test('are few, and all connections end at about the same time', () => {
    const { ended, turns } = readAll(new Lanes(128 * PART, PART), 4);
    expect(ended.length).toBeLessThan(20);
    expect(turns).toBeLessThan((2 * 128) / 4 + 8);
  });

  test('of a slow connection are taken over by the others', () => {
    const { turns } = readAll(new Lanes(128 * PART, PART), 4, 16);
    expect(turns).toBeLessThan((2 * 128) / 3 + 40);
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
    expect(lanes.first.end).toBe(16 * PART);
    const again = lanes.take(2);
    lanes.first.position = lanes.first.end ?? 0;
    if (again) lanes.giveBack(again);
    expect(lanes.take(2)).toBe(again);
  });
});
