import { describe, expect, it } from 'vitest';
import type { Take } from '../../../worker/contract/rates.ts';
import { rateOf } from '../../../worker/limits/rate-of.ts';
import { takeFrom, WINDOW_MS, type RateWindow } from '../../../worker/limits/rate-window.ts';

const plan: Take = { name: 'workspace', limit: 3 };
const key: Take = { name: 'key', limit: 2 };

describe('a window of requests', () => {
  it('begins with its first request, grants its limit, and begins again when it has ended', () => {
    const windows = new Map<string, RateWindow>();
    const at = (now: number) => {
      const { granted, tightest } = takeFrom(windows, [plan], now);
      return [granted, tightest.remaining, tightest.resetAt];
    };
    const end = 1_000 + WINDOW_MS;
    expect(at(1_000)).toEqual([true, 2, end]);
    expect(at(2_000)).toEqual([true, 1, end]);
    expect(at(end - 1)).toEqual([true, 0, end]);
    expect(at(end - 1)).toEqual([false, 0, end]);
    expect(at(end)).toEqual([true, 2, end + WINDOW_MS]);
  });

  it('counts a request in every window or in none, and reports the one that is used up first', () => {
    const windows = new Map<string, RateWindow>();
    const take = (...takes: [Take, ...Take[]]) => takeFrom(windows, takes, 0);
    expect(take(plan, key).tightest).toMatchObject({ limit: 2, remaining: 1 });
    expect(take(plan, key).tightest).toMatchObject({ limit: 2, remaining: 0 });
    expect(take(plan, key)).toMatchObject({ granted: false, tightest: { limit: 2, remaining: 0 } });
    expect(take(plan)).toMatchObject({ granted: true, tightest: { limit: 3, remaining: 0 } });
    expect(take(plan)).toMatchObject({ granted: false, tightest: { limit: 3 } });
  });

  it('reports the window that lasts longer when both are used up', () => {
    const windows = new Map([
      ['workspace', { startedAt: 10, used: 3 }],
      ['key', { startedAt: 5, used: 2 }],
    ]);
    expect(takeFrom(windows, [plan, key], 20).tightest).toEqual({
      limit: 3,
      remaining: 0,
      resetAt: 10 + WINDOW_MS,
    });
  });

  it('that has more requests than a new, lower limit grants nothing', () => {
    const windows = new Map([['workspace', { startedAt: 0, used: 9 }]]);
    expect(takeFrom(windows, [plan], 1)).toMatchObject({ granted: false, tightest: { remaining: 0 } });
  });
});

it.each([
  ['POST', '/import', 'importsPerHour'],
  ['POST', '/imports/7/retry', 'importsPerHour'],
  ['POST', '/batches', 'importsPerHour'],
  ['POST', '/batches/7/retry', 'importsPerHour'],
  ['POST', '/batches/7/cancel', 'requestsPerHour'],
  ['GET', '/import/status', 'requestsPerHour'],
  ['POST', '/imports/7/store', 'requestsPerHour'],
  ['GET', '/metadata', 'metadataPerHour'],
  ['POST', '/metadata', 'metadataPerHour'],
  ['POST', '/metadata/basic', 'metadataPerHour'],
  ['GET', '/metadata/status', 'requestsPerHour'],
  ['GET', '/metadata/basic/status', 'requestsPerHour'],
  ['GET', '/keys', 'requestsPerHour'],
])('%s %s counts for %s', (method, path, rate) => {
  expect(rateOf(method, path)).toBe(rate);
});
