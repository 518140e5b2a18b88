/** Prints the result of a simulation. */
import type { SimulationResult } from './simulation.ts';

export function printReport(result: SimulationResult): void {
  const { concurrentJobs, databases, slots, waitedMs, besideBurstMs, costPerThousand: cost } = result;
  const dollars = (amount: number) => `$${amount.toFixed(amount < 0.1 ? 4 : 2)}`;
  const ms = ({ p50, p99 }: { p50: number; p99: number }) =>
    `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
  console.log(
    [
      `\n${concurrentJobs} concurrent jobs, ${count(slots, 'downloader')}, ${count(databases, 'database')}, seed ${result.seed}`,
      `  jobs       ${result.completed} completed in ${result.seconds} s; on average ${result.meanRunning.toFixed(0)} ran; ${result.waiting} wait at the end`,
      `  D1         ${result.callsPerSecond.toFixed(0)} calls a second; the busiest database works ${(100 * result.utilization).toFixed(0)} % of the time` +
        (result.canKeepUp ? '' : ': it cannot keep up'),
      `  queueing   ${ms(waitedMs)}`,
      `  fairness   beside a burst of another workspace, those that request least wait ${ms(besideBurstMs.light)}; the others ${ms(besideBurstMs.heavy)}`,
      `  1,000 imports cost ${dollars(cost.total)}: Worker ${dollars(cost.worker)}, D1 ${dollars(cost.database)}, queue ${dollars(cost.queue)}, ` +
        `containers ${dollars(cost.containers)}, egress ${dollars(cost.egress)}`,
    ].join('\n'),
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
