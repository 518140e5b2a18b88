/** The command line of `npm run chaos`. */
import { randomInt } from 'node:crypto';
import { readOptions, wholeNumber } from '../../scripts/lib/arguments.ts';

export interface ChaosOptions {
  seed: number;
  jobs: number;
  kills: number;
}

const USAGE = 'Usage: npm run chaos -- [--seed N] [--jobs 200] [--kills 70]';

/** Throws a StartProblem that says what is wrong. */
export function chaosOptions(args: string[]): ChaosOptions {
  const options = {
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    jobs: { type: 'string', default: '200' },
    kills: { type: 'string', default: '70' },
  } as const;
  const { seed, jobs, kills } = readOptions(args, options, USAGE);
  return {
    seed: wholeNumber(seed, { name: '--seed' }),
    jobs: wholeNumber(jobs, { name: '--jobs', least: 1, most: 10_000 }),
    kills: wholeNumber(kills, { name: '--kills', most: 10_000 }),
  };
}
