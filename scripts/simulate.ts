/**
 * `npm run simulate [-- --jobs 100,1000,10000] [--databases 1,2,4,8] [--minutes 10] [--seed N]`: simulates the control plane at a
 * number of concurrent jobs, and prints its load, its delays, its fairness and its cost.
 */
import { orExit, readOptions, wholeNumber } from './lib/arguments.ts';
import { printReport } from './simulate/report.ts';
import { simulate } from './simulate/simulation.ts';

const USAGE =
  'Usage: npm run simulate -- [--jobs 100,1000,10000] [--databases 1,2,4,8] [--minutes 10] [--seed N]';

function simulateOptions(args: string[]) {
  const options = {
    jobs: { type: 'string', default: '100,1000,10000' },
    databases: { type: 'string', default: '1,2,4,8' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  } as const;
  const values = readOptions(args, options, USAGE);
  const list = (name: 'jobs' | 'databases', most: number) =>
    values[name].split(',').map((text) => wholeNumber(text, { name: `--${name}`, least: 1, most }));
  return {
    jobs: list('jobs', 1_000_000),
    databases: list('databases', 1000),
    minutes: wholeNumber(values.minutes, { name: '--minutes', least: 1, most: 1440 }),
    seed: wholeNumber(values.seed, { name: '--seed' }),
  };
}

const { jobs, databases, minutes, seed } = orExit(() => simulateOptions(process.argv.slice(2)));
for (const concurrentJobs of jobs)
  for (const count of databases) {
    const result = simulate({ concurrentJobs, databases: count, seconds: minutes * 60, seed });
    printReport(result);
    // More databases only spread a load that one already carries.
    if (result.canKeepUp) break;
  }
