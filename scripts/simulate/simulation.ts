/** A seeded simulation of requests, claims, downloads, heartbeats and D1 with a number of concurrent jobs. */
import { Cell } from './cell.ts';
import { JOBS_PER_SLOT, WORKLOAD } from './constants.ts';
import { costOf, type Cost } from './cost.ts';
import { createRandom } from './random.ts';
import { Timeline } from './timeline.ts';
import { isLight, makeJob, meanRunSeconds, pickWorkspace, type Job } from './workload.ts';

export interface SimulationInput {
  concurrentJobs: number;
  databases: number;
  seconds: number;
  seed: number;
}

interface Quantiles {
  p50: number;
  p99: number;
}

export interface SimulationResult extends SimulationInput {
  slots: number;
  requested: number;
  completed: number;
  /** Jobs that still run, and that still wait, at the end. */
  running: number;
  waiting: number;
  meanRunning: number;
  /** Share of the time that the busiest database works. */
  utilization: number;
  callsPerSecond: number;
  /** Milliseconds from the request to the start, of jobs outside the burst. */
  waitedMs: Quantiles;
  /** Those that are requested in the minute after the burst, by the three quarters of the workspaces that request least, and by the others. */
  besideBurstMs: { light: Quantiles; heavy: Quantiles };
  costPerThousand: Cost;
  /** False when a database gets more calls than it can do. */
  canKeepUp: boolean;
}

/** Above this utilization, the calls of one second wait for those of the second before. */
const MAX_UTILIZATION = 0.8;
const BURST_SECONDS = 60;

interface Start {
  job: Job;
  waitedMs: number;
}

/** What happened. */
interface Run {
  slots: number;
  requested: number;
  starts: Start[];
  ended: Job[];
  meanRunning: number;
  cells: Cell[];
  burst: { workspace: number; atMs: number };
}

export function simulate(input: SimulationInput): SimulationResult {
  const run = runJobs(input);
  const { cells, ended, starts, slots, burst } = run;
  const others = starts.filter(({ job }) => job.workspace !== burst.workspace);
  const burstEndsMs = burst.atMs + BURST_SECONDS * 1000;
  const isBeside = ({ job: { requestedAtMs } }: Start) =>
    requestedAtMs >= burst.atMs && requestedAtMs < burstEndsMs;
  const beside = others.filter(isBeside);
  const uses = cells.map(({ database }) => database.use);
  const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);
  const utilization = Math.max(...uses.map(({ busyMs }) => busyMs / (input.seconds * 1000)));
  return {
    ...input,
    slots,
    requested: run.requested,
    completed: ended.length,
    running: sum(cells.map(({ running }) => running)),
    waiting: sum(cells.map(({ waiting }) => waiting)),
    meanRunning: run.meanRunning,
    utilization,
    callsPerSecond: sum(uses.map(({ calls }) => calls)) / input.seconds,
    waitedMs: quantilesOf(others),
    besideBurstMs: {
      light: quantilesOf(beside.filter(({ job }) => isLight(job.workspace, burst.workspace))),
      heavy: quantilesOf(beside.filter(({ job }) => !isLight(job.workspace, burst.workspace))),
    },
    costPerThousand: costOf({ ended, uses, slots, seconds: input.seconds }),
    canKeepUp: utilization <= MAX_UTILIZATION,
  };
}

function runJobs({ concurrentJobs, databases, seconds, seed }: SimulationInput): Run {
  const timeline = new Timeline();
  const random = createRandom(seed);
  const slots = Math.max(databases, Math.ceil(concurrentJobs / WORKLOAD.utilization / JOBS_PER_SLOT));
  const workspaces = Math.ceil(concurrentJobs / WORKLOAD.jobsPerWorkspace);
  const burst = { workspace: workspaces, atMs: seconds * 1000 * WORKLOAD.burst.afterShare };
  const [starts, ended]: [Start[], Job[]] = [[], []];
  const events = {
    onStart: (job: Job, waitedMs: number) => void starts.push({ job, waitedMs }),
    onEnd: (job: Job) => void ended.push(job),
  };
  const slotsOf = (index: number) => Math.floor((slots + index) / databases);
  const cells = Array.from(
    { length: databases },
    (_, index) => new Cell({ timeline, random, slots: slotsOf(index), events }),
  );
  let requested = 0;
  const request = (workspace: number) => {
    requested += 1;
    cells[workspace % databases]?.request(makeJob(random, workspace, timeline.nowMs));
  };
  const meanGapMs = (1000 * meanRunSeconds()) / concurrentJobs;
  const arrive = () => {
    request(pickWorkspace(random, workspaces));
    timeline.after(random.exponential(meanGapMs), arrive);
  };
  timeline.after(0, arrive);
  timeline.at(burst.atMs, () => {
    const jobs = Math.min(concurrentJobs, WORKLOAD.burst.maxJobs);
    for (let index = 0; index < jobs; index += 1) request(burst.workspace);
  });
  timeline.runUntil(seconds * 1000);
  const runningMs = cells.reduce((sum, cell) => sum + cell.runningMs(), 0);
  return { slots, requested, starts, ended, meanRunning: runningMs / (seconds * 1000), cells, burst };
}

function quantilesOf(starts: readonly Start[]): Quantiles {
  const sorted = starts.map(({ waitedMs }) => waitedMs).toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor(share * sorted.length)] ?? NaN;
  return { p50: quantile(0.5), p99: quantile(0.99) };
}
