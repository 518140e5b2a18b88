/**
 * The same file by us and by rclone, in turns: the server checks a digest of every part of both (ours as learned, rclone's
 * Content-MD5). A machine that others use too slows all of them down alike; ratios of medians are the result.
 */
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { importOnce } from './import-once.ts';
import { RCLONE_WAYS, runRclone } from './rclone.ts';
import type { Sink } from './sinks.ts';

export interface Cost {
  wallSeconds: number;
  /** Ours: downloader and Worker. */
  cpuSeconds: number;
  peakRssMiB: number;
}

export interface Comparison {
  ours: Cost;
  rclone: { name: string; cost: Cost }[];
  /** Ours by the least of rclone's ways, for each figure on its own. */
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

/** Medians of `rounds` interleaved rounds, after one that is not counted. */
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

/** The middle one; of an even number the upper middle. NaN of none. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
