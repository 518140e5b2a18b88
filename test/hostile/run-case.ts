/** Runs one hostile case beside a neighbor that imports an honest file again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ImportData } from '../support/stack/api.ts';
import { unfinishedParts } from '../support/stack/local-state.ts';
import type { HostileCase } from './cases.ts';
import { leftBehind, observe, type Observation } from './observer.ts';
import type { World } from './world.ts';

/** Milliseconds within which files and processes of an ended job must be gone. */
const CLEAN_WITHIN_MS = 10_000;
/** Milliseconds for an attempt that a sweep has started, such as one that moves a file to its bucket. What it holds is not left behind. */
const RUNNING_WITHIN_MS = 60_000;
/** Honest imports before and after each case, and beside it at least: a short case is repeated for them. */
const ALONE = 5;
const BESIDE = 5;
/** Seconds within which an honest import has ended. */
const HONEST_SECONDS = 30;
/** Goals for one case. */
const MAX_RATIO = 2;
/** A faster import counts as one of this duration: two imports at once share the processors with the whole stack. */
const LEAST_ALONE_MS = 200;
/** Of any one honest import. */
const MAX_WAIT_MS = 2000;
/** Where the machine is so slow that this is more. */
const MAX_WAIT_RATIO = 5;
/** Of the downloader with its children. */
const MAX_MEMORY_MIB = 400;
const MAX_LOOP_DELAY_MS = 1000;

export interface Row extends Observation {
  name: string;
  /** How its jobs ended. */
  ended: string[];
  /** The slowest round. */
  seconds: number;
  /**
   * Medians of the honest imports, in milliseconds, and the slowest one beside the case. For a case of many jobs, `aloneMs` is beside as
   * many honest jobs: any jobs that start at once share the machine.
   */
  aloneMs: number;
  besideMs: number;
  slowestMs: number;
  loopDelayMs: number;
  left: string[];
  /** What is not as it must be; empty when the case passes. */
  faults: string[];
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** The code of a failure, or `completed`. */
export const endOf = (data: ImportData): string =>
  data.status === 'failed' ? (data['error'] as { code: string }).code : data.status;

export async function runCase(world: World, one: HostileCase): Promise<Row> {
  const { downloader } = world;
  const request = await requestOf(world, one);
  const aloneBefore = await importAlone(world, one);
  const end = observe(downloader.pid, downloader.workDirectory);
  await downloader.loopDelayMs();
  const rounds: Round[] = [];
  while (rounds.flatMap(({ times }) => times).length < BESIDE)
    rounds.push(await runRound(world, one, request));
  const times = rounds.flatMap((round) => round.times);
  const left = await leftAfter(world);
  const loopDelayMs = await downloader.loopDelayMs();
  const observation = end();
  const row = {
    name: one.name,
    ended: [...new Set(rounds.flatMap(({ ended }) => ended))],
    seconds: Math.max(...rounds.map(({ seconds }) => seconds)),
    // Before and after, since other programs on the machine slow both down.
    aloneMs: Math.max(aloneBefore, await importAlone(world, one)),
    besideMs: median(times),
    slowestMs: Math.max(...times),
    left,
    loopDelayMs,
    ...observation,
  };
  return { ...row, faults: faultsOf(row, one) };
}

/** Beside nothing, or beside honest jobs of the other workspace instead of the many jobs of the case. */
async function importAlone(world: World, { jobs = 1 }: HostileCase): Promise<number> {
  const times: number[] = [];
  const others = { jobs: jobs > 1 ? jobs : 0, withinSeconds: HONEST_SECONDS };
  while (times.length < ALONE) {
    const running = runJobs(world, others, { url: world.honestUrl });
    times.push(await world.importHonest());
    await running;
  }
  return median(times);
}

interface Round {
  ended: string[];
  seconds: number;
  /** Honest imports that began before its jobs had ended, in milliseconds. */
  times: number[];
}

/** Starts the jobs of a case together with an honest import, after which others follow until the jobs have ended. */
async function runRound(world: World, one: HostileCase, request: Request): Promise<Round> {
  const startedMs = performance.now();
  const state = { isRunning: true };
  const jobs = runJobs(world, one, request).finally(() => (state.isRunning = false));
  const times: number[] = [];
  do times.push(await world.importHonest());
  while (state.isRunning);
  return { ended: await jobs, seconds: (performance.now() - startedMs) / 1000, times };
}

/** Starts all jobs of a case at once. Waits for one after the other: many requests for their statuses would slow everybody down. */
async function runJobs(
  { hostile, stack }: World,
  one: Pick<HostileCase, 'jobs' | 'withinSeconds' | 'sweeps'>,
  request: Request,
): Promise<string[]> {
  const started = Array.from({ length: one.jobs ?? 1 }, () => hostile.startImport(request));
  const ended: string[] = [];
  for (const jobId of await Promise.all(started))
    ended.push(endOf(await hostile.ended(jobId, one.withinSeconds * 2000)));
  if (one.sweeps) await stack.sweep();
  return ended;
}

type Request = { url: string } & Record<string, unknown>;

/** The import of a case, after the settings that it needs. */
export async function requestOf(world: World, { path, bucket = 'takes-all' }: HostileCase): Promise<Request> {
  const url = path === undefined ? world.honestUrl : world.hostileUrl + path;
  return { url, ...(await useBucket(world, bucket)) };
}

/** Stores under a destination of this bucket. */
async function useBucket({ hostile, hostileUrl }: World, bucket: string) {
  const keys = { accessKeyId: 'hostile0000000001', secretAccessKey: 'hostile' };
  const settings = { endpoint: hostileUrl, region: 'us-east-1', bucket, ...keys };
  const { status, body } = await hostile.send('PUT', '/storage', settings);
  if (status !== 200) throw new Error(`the bucket ${bucket} was not saved: ${JSON.stringify(body)}`);
  return { store: true, storageBucket: bucket };
}

/** A sweep removes what ended attempts left in storage. */
export async function leftAfter({ stack, downloader }: World): Promise<string[]> {
  await stack.sweep();
  const parts = unfinishedParts(stack.stateDirectory);
  const runningUntil = performance.now() + RUNNING_WITHIN_MS;
  while ((await downloader.runningJobs()) > 0 && performance.now() < runningUntil) await delay(100);
  const deadline = performance.now() + CLEAN_WITHIN_MS;
  let left = leftBehind(downloader.pid, downloader.workDirectory);
  while (left.length > 0 && performance.now() < deadline) {
    await delay(100);
    left = leftBehind(downloader.pid, downloader.workDirectory);
  }
  return parts > 0 ? [...left, `${parts} parts`] : left;
}

function faultsOf(row: Omit<Row, 'faults'>, one: HostileCase): string[] {
  const unexpected = row.ended.filter((end) => !one.ends.includes(end));
  const faults = [
    unexpected.length > 0 && `ended with ${unexpected.join(', ')} instead of ${one.ends.join(' or ')}`,
    row.seconds > one.withinSeconds && `took more than ${one.withinSeconds} s`,
    row.besideMs > Math.max(row.aloneMs, LEAST_ALONE_MS) * MAX_RATIO && 'slowed its neighbor down',
    row.slowestMs > Math.max(MAX_WAIT_MS, row.aloneMs * MAX_WAIT_RATIO) && 'kept its neighbor waiting',
    row.loopDelayMs > MAX_LOOP_DELAY_MS && 'blocked the event loop',
    Math.max(row.peakRssMiB, row.peakTreeMiB) > MAX_MEMORY_MIB && `needed more than ${MAX_MEMORY_MIB} MiB`,
    row.left.length > 0 && `left ${row.left.join(', ')}`,
  ];
  return faults.filter((fault) => fault !== false);
}
