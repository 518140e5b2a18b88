/** Runs programs that do the same work in turns. Other programs on the machine slow all of them down alike, so ratios of medians count. */
import type { Cost } from './run-program.ts';

export interface Contender {
  name: string;
  run(): Promise<Cost>;
}

export interface Result {
  name: string;
  costs: Cost[];
}

/** Returns the costs of `rounds` interleaved rounds. A round to warm up comes before and does not count. */
export async function compare(contenders: Contender[], rounds: number): Promise<Result[]> {
  const results = contenders.map(({ name }) => ({ name, costs: [] as Cost[] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const cost = await contender.run();
      if (round > 0) results[index]?.costs.push(cost);
    }
  }
  return results;
}

/** Prints medians and ranges. */
export function printResults(title: string, results: Result[]): void {
  console.log(`\n${title}; medians (least–most) of ${results[0]?.costs.length ?? 0} rounds in turns:`);
  console.table(
    results.map(({ name, costs }) => ({
      program: name,
      'wall s': spread(costs, 'wallSeconds', 2),
      'CPU s': spread(costs, 'cpuSeconds', 2),
      'peak MiB': spread(costs, 'peakRssMiB', 0),
    })),
  );
}

function spread(costs: Cost[], figure: keyof Cost, digits: number): string {
  const values = costs.map((cost) => cost[figure]);
  const text = (value: number) => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

/** Prints the ratio of the medians of two programs beside its goal. */
export function printRatio(mine: Result, peer: Result, figure: keyof Cost, goal: number): void {
  const of = ({ costs }: Result) => median(costs.map((cost) => cost[figure]));
  const name = { wallSeconds: 'wall', cpuSeconds: 'CPU', peakRssMiB: 'peak' }[figure];
  const ratio = (of(mine) / of(peer)).toFixed(2);
  console.log(`${name}: ${mine.name} by ${peer.name} ${ratio}× (goal ≤ ${goal}×).`);
}

/** Returns the median; for an even number of values, the upper one; NaN for none. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
