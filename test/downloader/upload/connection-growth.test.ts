import { describe, expect, test } from 'vitest';
import { createGrowth } from '../../../downloader/upload/connection-growth.ts';

const MIB = 1024 * 1024;
const LOOK_MS = 50;
/** Until a new connection brings bytes. */
const OPENS_MS = 400;

interface World {
  /** Bytes a second of the source with this many connections. */
  speed: (connections: number) => number;
  seconds: number;
  isHeldBack?: (nowMs: number) => boolean;
  opensMs?: number;
}

/** The number of connections over time, without repeats. */
function follow({ speed, seconds, isHeldBack = () => false, opensMs = OPENS_MS }: World): number[] {
  const growth = createGrowth(6);
  const counts = [1];
  let totalBytes = 0;
  let open = { connections: 1, atMs: 0 };
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += LOOK_MS) {
    const wanted = counts.at(-1) ?? 1;
    if (wanted < open.connections || nowMs >= open.atMs + opensMs)
      open = { connections: wanted, atMs: nowMs };
    const { connections } = open;
    const next = growth({ nowMs, totalBytes, connections, isHeldBack: isHeldBack(nowMs) });
    totalBytes += (speed(connections) * LOOK_MS) / 1000;
    if (next !== wanted) {
      open.atMs = nowMs;
      counts.push(next);
    }
  }
  return counts;
}

describe('the number of connections to a source', () => {
  test('grows to the maximum where each connection has its own speed', () => {
    expect(follow({ speed: (connections) => connections * 20 * MIB, seconds: 3 })).toEqual([1, 3, 6]);
  });

  test('goes back to one where all share one speed, and is tried again more and more rarely', () => {
    const counts = (seconds: number) => follow({ speed: () => 20 * MIB, seconds });
    expect(counts(6)).toEqual([1, 3, 1]);
    expect(counts(16)).toEqual([1, 3, 1, 3, 1]);
    expect(counts(600).length).toBeLessThan(20);
  });

  test('stays where the last connections brought something', () => {
    const speed = (connections: number) => Math.min(connections, 2) * 20 * MIB;
    expect(follow({ speed, seconds: 6 })).toEqual([1, 3, 6, 3]);
  });

  test('does not shrink because of one slow moment', () => {
    let looks = 0;
    const speed = (connections: number) => {
      looks += connections === 3 ? 1 : 0;
      return looks > 5 && looks < 12 ? 0 : connections * 20 * MIB;
    };
    expect(follow({ speed, seconds: 6 })).toEqual([1, 3, 6]);
  });

  test('does not judge connections before they are open', () => {
    const speed = (connections: number) => connections * 20 * MIB;
    expect(follow({ speed, seconds: 8, opensMs: 2500 })).toEqual([1, 3, 6]);
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
