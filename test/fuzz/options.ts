/** The command line of `npm run fuzz`. */
import { randomInt } from 'node:crypto';
import { readOptions, wholeNumber } from '../../scripts/lib/arguments.ts';
import { StartProblem } from '../../scripts/lib/problem.ts';

export interface FuzzOptions {
  /** For all targets together. */
  seconds: number;
  seed: number;
  /** Null: all of them. */
  target: string | null;
  /** Null: as many as there is time for. */
  iteration: number | null;
}

const USAGE = 'Usage: npm run fuzz -- [--seconds 60] [--seed N] [--target NAME] [--iteration N]';
const DAY_SECONDS = 86_400;

/** `targets` are the names that exist. Throws a StartProblem that says what is wrong. */
export function fuzzOptions(args: string[], targets: readonly string[]): FuzzOptions {
  const options = {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    target: { type: 'string' },
    iteration: { type: 'string' },
  } as const;
  const { seconds, seed, target, iteration } = readOptions(args, options, USAGE);
  if (target !== undefined && !targets.includes(target))
    throw new StartProblem(`There is no target ${target}. The targets are ${targets.join(', ')}.`);
  return {
    seconds: wholeNumber(seconds, { name: '--seconds', least: 1, most: DAY_SECONDS }),
    seed: wholeNumber(seed, { name: '--seed' }),
    target: target ?? null,
    iteration: iteration === undefined ? null : wholeNumber(iteration, { name: '--iteration' }),
  };
}
