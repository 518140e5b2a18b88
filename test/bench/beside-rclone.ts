/**
 * Imports the same file with this service and with rclone, in turns. The server verifies a digest of every part of both
 * (rclone sends Content-MD5). Other programs slow both down alike, so the result is the ratio of medians.
 */
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { importOnce } from './import-once.ts';
import { RCLONE_WAYS, runRclone } from './rclone.ts';
import type { Sink } from './sinks.ts';

export interface Cost {
  wallSeconds: number;
  /** This service: downloader and Worker. */
  cpuSeconds: number;
  peakRssMiB: number;
}

export interface Comparison {
  ours: Cost;
  rclone: { name: string; cost: Cost }[];
  /** This service divided by the best rclone variant, for each figure. */
  wallRatio: number;
  cpuRatio: number;
}

export interface ComparisonInput {
  stack: Stack;
  api: Api;
  sink: Sink;
  rclone: string;
  source: { url: string; sizeBytes: number };
  rounds: number;
}

/** Returns the medians of `rounds` interleaved rounds after a warm-up round. */
export async function compareWithRclone(input: ComparisonInput): Promise<Comparison> {
  const ours: Cost[] = [];
  const theirs = RCLONE_WAYS.map(() => [] as Cost[]);
  for (let round = 0; round <= input.rounds; round += 1) {
    const costs = [await runOurs(input)];
    for (const way of RCLONE_WAYS) costs.push(await runTheirs(input, way));
    if (round === 0) continue;
    costs.forEach((cost, index) => (index === 0 ? ours : theirs[index - 1])?.push(cost));
  }
  const mine = medianCost(ours);
  const rclone = RCLONE_WAYS.map(({ name }, index) => ({ name, cost: medianCost(theirs[index] ?? []) }));
  const least = (figure: keyof Cost) => Math.min(...rclone.map(({ cost }) => cost[figure]));
  return {
    ours: mine,
    rclone,
    wallRatio: mine.wallSeconds / least('wallSeconds'),
    cpuRatio: mine.cpuSeconds / least('cpuSeconds'),
  };
}

async function runOurs({ stack, api, sink, source }: ComparisonInput): Promise<Cost> {
  const { wallSeconds, downloader, worker } = await importOnce(stack, api, sink, source);
  await sink.clear();
  return {
    wallSeconds,
    cpuSeconds: downloader.cpuSeconds + worker.cpuSeconds,
    peakRssMiB: downloader.peakRssMiB,
  };
}

async function runTheirs(
  { sink, rclone, source }: ComparisonInput,
  way: (typeof RCLONE_WAYS)[number],
): Promise<Cost> {
  if (sink.settings === null) throw new Error(`rclone cannot write into ${sink.name}`);
  const startedAt = performance.now();
  const { settings } = sink;
  const usage = await runRclone(rclone, way, { source: source.url, settings, key: 'rclone.wav' });
  const wallSeconds = (performance.now() - startedAt) / 1000;
  await sink.clear();
  return { wallSeconds, ...usage };
}

function medianCost(costs: Cost[]): Cost {
  const of = (figure: keyof Cost) => median(costs.map((cost) => cost[figure]));
  return { wallSeconds: of('wallSeconds'), cpuSeconds: of('cpuSeconds'), peakRssMiB: of('peakRssMiB') };
}

/** Returns the median; for an even number of values, the upper one; NaN for none. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
