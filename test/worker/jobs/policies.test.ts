import { expect, it } from 'vitest';
import { costMicrodollars } from '../../../worker/contract/cost.ts';
import { afterFailure } from '../../../worker/jobs/end/retry-policy.ts';
import { costInDollars } from '../../../worker/views/money.ts';

it('prices a MB of a million bytes, exact in microdollars and rounded to cents in dollars', () => {
  expect(costMicrodollars(15_728_640, 0.003)).toBe(47_186);
  expect(costInDollars(47_186)).toBe(0.05);
  expect(costMicrodollars(1_000_000, 0.003)).toBe(3000);
  expect(costInDollars(3000)).toBe(0);
  expect(costMicrodollars(0, 0.003)).toBe(0);
  expect(costInDollars(costMicrodollars(50 * 1024 ** 3, 0.003))).toBe(161.06);
});

it.each([
  [0, 0, 2_500],
  [0, 1, 5_000],
  [1, 1, 20_000],
  [2, 1, 80_000],
  [9, 1, 900_000],
])('after %i failures, with random at %d, waits %i ms', (failures, random, delayMs) => {
  expect(afterFailure('source_unavailable', { failures, maxFailures: 20, random })).toEqual({
    retry: true,
    failures: failures + 1,
    delayMs,
  });
});

it('does not retry when the retries are used up, nor after a permanent failure', () => {
  expect(afterFailure('source_unavailable', { failures: 3, maxFailures: 4, random: 0 })).toEqual({
    retry: false,
    failures: 4,
  });
  expect(afterFailure('source_not_found', { failures: 0, maxFailures: 4, random: 0 })).toEqual({
    retry: false,
    failures: 1,
  });
});
