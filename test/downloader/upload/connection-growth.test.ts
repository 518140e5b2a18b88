import { describe, expect, test } from 'vitest';
import { createGrowth, type Look } from '../../../downloader/upload/connection-growth.ts';

const MIB = 1024 * 1024;
const LOOK_MS = 50;

interface World {
  /** Bytes a second of the source with this many connections. */
  speed: (connections: number) => number;
  seconds: number;
  isHeldBack?: (nowMs: number) => boolean;
}

/** The number of connections over time, without repeats. */
function follow({ speed, seconds, isHeldBack = () => false }: World): number[] {
  const growth = createGrowth(6);
  const look: Look = { nowMs: 0, totalBytes: 0, isHeldBack: false };
  let connections = 1;
  const counts = [1];
  for (; look.nowMs <= seconds * 1000; look.nowMs += LOOK_MS) {
    look.isHeldBack = isHeldBack(look.nowMs);
    connections = growth(look);
    look.totalBytes += (speed(connections) * LOOK_MS) / 1000;
    if (counts.at(-1) !== connections) counts.push(connections);
  }
  return counts;
}

describe('the number of connections to a source', () => {
  test('grows to the maximum where each connection has its own speed', () => {
    expect(follow({ speed: (connections) => connections * 20 * MIB, seconds: 3 })).toEqual([1, 2, 4, 6]);
  });

  test('goes back to one where all share one speed, and is tried again rarely', () => {
    expect(follow({ speed: () => 20 * MIB, seconds: 10 })).toEqual([1, 2, 1]);
    expect(follow({ speed: () => 20 * MIB, seconds: 18 })).toEqual([1, 2, 1, 2, 1]);
  });

  test('stays where the last connections brought something', () => {
    const speed = (connections: number) => Math.min(connections, 2) * 20 * MIB;
    expect(follow({ speed, seconds: 10 })).toEqual([1, 2, 4, 2]);
  });

  test('does not grow while the storage holds the source back', () => {
    const speed = (connections: number) => connections * 20 * MIB;
    const isHeldBack = (nowMs: number) => nowMs % 200 === 0;
    expect(follow({ speed, seconds: 10, isHeldBack })).toEqual([1]);
  });

  test('does not grow for a trickle', () => {
    expect(follow({ speed: (connections) => connections, seconds: 600 })).toEqual([1]);
  });
});
