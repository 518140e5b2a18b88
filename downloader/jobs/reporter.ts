/** Sends heartbeats: one timer for all jobs. */
import type { Dispatcher } from 'undici';
import type { Versions } from '../../worker/contract/downloader/command.ts';
import { HeartbeatAnswer, type Directive, type Heartbeat } from '../../worker/contract/downloader/report.ts';
import { postJson } from '../control-client.ts';
import { JobFailure } from '../job-failure.ts';
import { processHeader } from './own-process.ts';
import type { RunningJob } from './job-registry.ts';
import type { Log } from '../../worker/contract/log.ts';

/** Milliseconds after an attempt was accepted: many have ended by then and need no heartbeat. */
const FIRST_REPORT_MS = 1000;
/** After so many milliseconds without a report, the next attempt is reported at once, so that the Worker knows its downloaders. */
const SEEN_EVERY_MS = 60_000;
/** Seconds to the next report until the Worker sets another interval. */
const FIRST_INTERVAL_SECONDS = 2;
/** Milliseconds after a lost report: a lease of a minute has room for many tries. */
const RETRY_MS = 1000;
/** Milliseconds for one report to be answered; the next one is sent then. */
const ANSWER_TIMEOUT_MS = 10_000;
/**
 * Milliseconds without an answer after which an attempt ends. Its lease (60 s) has expired long before, but a Worker
 * that was only restarted may not have ended the attempt.
 */
const ABANDON_AFTER_MS = 180_000;
/** The contract's maximum number of jobs in one report. */
const MAX_JOBS_PER_REPORT = 100;

export interface ReporterDeps {
  jobs: () => RunningJob[];
  capacity: number;
  versions: Versions;
  agent: Dispatcher;
  log: Log;
}

export interface Reporter {
  /** Reports an accepted attempt within a second. */
  reportSoon: () => void;
  stop: () => void;
}

/** Starts the timer. Directives are applied to the jobs: `cancel` and `stale` end them. */
export function startReporter(deps: ReporterDeps): Reporter {
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let isReporting = false;
  let isDue = false;
  let dueAtMs = Infinity;
  let reportedAtMs = -Infinity;
  /** The earlier of two times counts. */
  const schedule = (delayMs: number) => {
    const atMs = performance.now() + delayMs;
    if (stopped || atMs >= dueAtMs) return;
    if (timer) clearTimeout(timer);
    dueAtMs = atMs;
    timer = setTimeout(() => void tick(), delayMs);
  };
  const tick = async () => {
    dueAtMs = Infinity;
    if (isReporting) {
      isDue = true;
      return;
    }
    isReporting = true;
    if (deps.jobs().length > 0) reportedAtMs = performance.now();
    const nextMs = await reportAll(deps);
    isReporting = false;
    schedule(isDue ? 0 : nextMs);
    isDue = false;
  };
  return {
    reportSoon: () => schedule(performance.now() - reportedAtMs > SEEN_EVERY_MS ? 0 : FIRST_REPORT_MS),
    stop: () => {
      stopped = true;
      if (timer) clearTimeout(timer);
    },
  };
}

/** Reports every group; returns the milliseconds until the next round. */
async function reportAll(deps: ReporterDeps): Promise<number> {
  const groups = groupJobs(deps.jobs());
  const intervals = await Promise.all(groups.map((group) => reportGroup(deps, group)));
  return intervals.length > 0 ? Math.min(...intervals) : FIRST_INTERVAL_SECONDS * 1000;
}

/** Groups of jobs with the same Worker and slot, each small enough for one report. */
function groupJobs(jobs: RunningJob[]): RunningJob[][] {
  const byTarget = Map.groupBy(jobs, ({ command }) => `${command.slot} ${command.controlUrl}`);
  return [...byTarget.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / MAX_JOBS_PER_REPORT) }, (_, index) =>
      group.slice(index * MAX_JOBS_PER_REPORT, (index + 1) * MAX_JOBS_PER_REPORT),
    ),
  );
}

async function reportGroup(deps: ReporterDeps, group: RunningJob[]): Promise<number> {
  const [first] = group;
  if (!first) return RETRY_MS;
  try {
    const answer = HeartbeatAnswer.parse(
      await postJson({
        agent: deps.agent,
        url: `${first.command.controlUrl}/heartbeat`,
        body: toHeartbeat(deps, group, first.command.slot),
        headers: processHeader(),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      }),
    );
    group.forEach((job, index) => apply(job, answer.directives[index] ?? 'continue'));
    return answer.nextReportSeconds * 1000;
  } catch (error) {
    deps.log.error('heartbeat.lost', {
      jobs: group.length,
      error: error instanceof Error ? error.message : 'unknown',
    });
    for (const job of group) abandonIfLost(job);
    return RETRY_MS;
  }
}

function toHeartbeat({ capacity, versions }: ReporterDeps, group: RunningJob[], slot: string): Heartbeat {
  const jobs = group.map(({ command, progress }) => ({ token: command.token, ...progress }));
  return { slot, capacity, versions, jobs };
}

function apply(job: RunningJob, directive: Directive): void {
  job.leaseSeenAtMs = performance.now();
  if (directive === 'cancel') job.watch.end(new JobFailure('canceled'));
  if (directive === 'stale') job.watch.end(new JobFailure('stale'));
}

function abandonIfLost(job: RunningJob): void {
  if (performance.now() - job.leaseSeenAtMs > ABANDON_AFTER_MS) job.watch.end(new JobFailure('stale'));
}
