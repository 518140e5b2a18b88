/**
 * `npm run simulate [-- --jobs 100,1000,10000] [--databases 1,2,4,8] [--minutes 10] [--seed N]`: simulates the control plane at a
 * number of concurrent jobs, and prints its load, its delays, its fairness and its cost.
 */
import { parseArgs } from 'node:util';
import { printReport } from './simulate/report.ts';
import { simulate } from './simulate/simulation.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100,1000,10000' },
    databases: { type: 'string', default: '1,2,4,8' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});
const numbers = (text: string) => text.split(',').map(Number);
const [jobs, databases] = [numbers(values.jobs), numbers(values.databases)];
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
const isPositive = (number: number) => Number.isFinite(number) && number > 0;
if (![...jobs, ...databases, minutes].every(isPositive) || !Number.isInteger(seed)) {
  console.error(
    '--jobs, --databases and --minutes take positive numbers, the first two with commas; --seed takes an integer.',
  );
  process.exit(1);
}
for (const concurrentJobs of jobs)
  for (const count of databases) {
    const result = simulate({ concurrentJobs, databases: count, seconds: minutes * 60, seed });
    printReport(result);
    // More databases only spread a load that one already carries.
    if (result.canKeepUp) break;
  }
