/** Reads command lines whose options are numbers. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { StartProblem } from './problem.ts';

/** The options of a command line. Throws a StartProblem with `usage` for any other argument. */
export function readOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: Options,
  usage: string,
) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new StartProblem(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

export interface WholeNumber {
  /** As the sentence names it: `--seed`. */
  name: string;
  least?: number;
  most?: number;
}

/** A whole number in digits. Throws a StartProblem that names the range for any other text. */
export function wholeNumber(text: string, { name, least = 0, most = 2 ** 32 - 1 }: WholeNumber): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw new StartProblem(`${name} takes a whole number from ${least} to ${most}; not "${text}".`);
}

/** What `read` returns. Ends the process with the sentence of a StartProblem. */
export function orExit<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error;
    // A program may have silenced the console of its libraries.
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
