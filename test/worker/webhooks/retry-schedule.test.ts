import { describe, expect, it } from 'vitest';
import { MAX_TRIES, nextWaitMs, parseRetryAfter } from '../../../worker/webhooks/retry-schedule.ts';

const HOUR_MS = 3600_000;
const waitsOf = (random: number) =>
  Array.from({ length: MAX_TRIES }, (_, index) =>
    nextWaitMs({ tries: index + 1, retryAfterMs: null, random }),
  );

describe('the retries of a delivery', () => {
  it('are ten attempts over three days, the first soon after the failure', () => {
    const waits = waitsOf(0.5);
    expect(waits.filter((wait) => wait !== null)).toHaveLength(9);
    expect(waits.at(-1)).toBeNull();
    expect(waits[0]).toBe(5_000);
    const days = waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0) / (24 * HOUR_MS);
    expect(days).toBeGreaterThan(2.9);
    expect(days).toBeLessThan(3.1);
  });

  it('differ by chance, by up to 10 percent', () => {
    const [least, most] = [waitsOf(0), waitsOf(0.999999)];
    for (const [index, wait] of waitsOf(0.5).slice(0, -1).entries()) {
      expect(least[index]).toBe(Math.round(wait! * 0.9));
      expect(most[index]! / wait!).toBeCloseTo(1.1, 3);
    }
  });

  it('wait at least as long as the endpoint asks for, up to a day', () => {
    const after = (retryAfterMs: number) => nextWaitMs({ tries: 2, retryAfterMs, random: 0.5 });
    expect(after(0)).toBe(300_000);
    expect(after(299_000)).toBe(300_000);
    expect(after(400_000)).toBe(400_000);
    expect(after(1e18)).toBe(24 * HOUR_MS);
    expect(nextWaitMs({ tries: MAX_TRIES, retryAfterMs: 1000, random: 0.5 })).toBeNull();
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-27T10:00:00Z');

  it.each<[string | null, number | null]>([
    [null, null],
    ['', null],
    ['120', 120_000],
    ['0', 0],
    ['999999999999999', 999_999_999_999_999_000],
    ['9999999999999999999999', null],
    ['-5', null],
    ['1e9', null],
    ['1.5', null],
    ['Infinity', null],
    ['soon', null],
    ['Fri, 27 Nov 2026 10:05:00 GMT', 300_000],
    ['Fri, 27 Nov 2026 09:05:00 GMT', 0],
    ['2026', 2_026_000],
    ['2027-01-01', null],
  ])('%j is %s ms', (value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });
});
