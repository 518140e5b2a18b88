/** Runs one attempt from its command to its final report, and cleans up after it. */
import type { Agent } from 'undici';
import type { EgressAllow } from '../../worker/contract/address-policy.ts';
import type { Command } from '../../worker/contract/downloader/command.ts';
import type { Failure } from '../../worker/contract/failure.ts';
import type { SourceReport } from '../../worker/contract/media.ts';
import { createControlClient, type ControlClient } from '../control-client.ts';
import { isDiskFull } from '../disk-full.ts';
import type { JobContext } from '../job-context.ts';
import type { DiskGuard } from './disk-guard.ts';
import { judgeFolder, type FolderUse } from './folder-quota.ts';
import { createJobDirectory } from './job-directory.ts';
import { JobFailure } from '../job-failure.ts';
import type { RunningJob } from './job-registry.ts';
import type { Log } from '../../worker/contract/log.ts';
import { logRunEnded, logRunStarted, type Delivery } from './run-events.ts';
import type { NextJobs } from './next-jobs.ts';
import { sendReport, type Outcome, type Result } from './send-report.ts';
import { createGuardedAgent } from '../net/guarded-agent.ts';
import type { HttpAgent } from '../net/http1/http-agent.ts';
import { limitLookups } from '../net/limited-lookup.ts';
import { readPlaylist } from '../sources/page/read-playlist.ts';
import { describeSource } from '../sources/describe-source.ts';
import { obtainContent } from '../sources/obtain-content.ts';
import type { Tools } from '../process/tools.ts';
import { openStored } from '../sources/stored.ts';
import type { Content } from '../content.ts';
import type { RouteFor } from '../upload/put-part.ts';
import { uploadFile } from '../upload/upload-file.ts';

/** Milliseconds after the last renewal when a lease (60 s) has certainly expired. A final report then has no effect. */
const LEASE_LOST_MS = 90_000;
const LOOK_EVERY_MS = 1000;

export interface RunDeps {
  allow: EgressAllow;
  tools: Tools;
  /** For storage: every connection passes the address policy. Shared, so that jobs reuse connections. */
  storageAgent: HttpAgent;
  /** For files that go to the Worker or come from it. */
  workerAgent: HttpAgent;
  /** For calls of the Worker. */
  controlAgent: Agent;
  workDirectory: string;
  /** Watches the folders of all jobs of this process. */
  disk: DiskGuard;
  budget: JobContext['budget'];
  /** Without it, an attempt that ends asks for no successor. */
  nextJobs?: NextJobs;
  log: Log;
}

/** Never throws: the outcome is in the final report. Returns the failure, or null if the job completed. */
export async function runJob(running: RunningJob, deps: RunDeps): Promise<Failure | null> {
  const { command, watch } = running;
  const { controlUrl, token, jobId } = command;
  const client = createControlClient(
    { controlUrl, token, jobId },
    {
      agent: deps.controlAgent,
      onActivity: watch.touch,
      ...(deps.nextJobs && { nextJob: deps.nextJobs(running) }),
    },
  );
  const control: ControlClient = { ...client, complete: completeAs(running, client) };
  logRunStarted(deps.log, running);
  const way: { taken: SourceReport | null } = { taken: null };
  const result = await runCommand(running, deps, control, (taken) => {
    way.taken = taken;
  });
  watch.stop();
  running.isEnding = true;
  const end = await report(running, control, { ...result, taken: way.taken });
  logRunEnded(deps.log, running, { ...end, way: way.taken?.way });
  return end.failure;
}

/** A call that completes the upload may end the job as well. */
function completeAs(running: RunningJob, client: ControlClient): ControlClient['complete'] {
  return async (placementId, body, signal) => {
    running.isEnding = body.completed !== undefined;
    let isStored = false;
    try {
      const answer = await client.complete(placementId, body, signal);
      isStored = answer.outcome === 'stored';
      return answer;
    } finally {
      running.isEnding &&= isStored;
    }
  };
}

async function runCommand(
  running: RunningJob,
  deps: RunDeps,
  control: ControlClient,
  onTaken: (taken: SourceReport) => void,
): Promise<Result> {
  const { command, progress, traffic, watch } = running;
  const directory = createJobDirectory(deps.workDirectory, {
    giveAway: deps.tools.confinement.giveAway,
    watch: (path) => guardFolder(path, running, deps),
  });
  const agent = createGuardedAgent({
    allow: deps.allow,
    purpose: 'source',
    lookup: limitLookups(),
  });
  const { signal, touch } = watch;
  const { budget } = deps;
  const job: JobContext = { command, signal, progress, traffic, touch, budget, directory: directory.open };
  const idleTimeoutMs = command.limits.stallSeconds * 1000;
  const sourceDeps = { ...deps, agent, idleTimeoutMs };
  try {
    if (command.kind === 'metadata' || command.kind === 'basic_metadata')
      return { failure: null, description: await describeSource(job, sourceDeps, onTaken) };
    if (command.kind === 'playlist')
      return { failure: null, playlist: await readPlaylist(job, command.filter, sourceDeps) };
    const content = await contentOf(job, sourceDeps, onTaken);
    const uploading = uploadFile(job, content, {
      control,
      routeFor: routeFor(command.controlUrl, deps),
      onActivity: watch.touch,
    });
    const answered = await uploading.finally(() => content.free?.());
    return { failure: null, answered };
  } catch (error) {
    return { failure: toFailure(watch.signal.aborted ? watch.signal.reason : error, command, deps.log) };
  } finally {
    agent.destroy();
    await directory.remove().catch(() => undefined);
  }
}

/** Ends the attempt when its folder takes too much of the disk, or does not grow. Returns how to stop the watch. */
function guardFolder(
  path: string,
  { command: { limits }, progress, traffic, watch }: RunningJob,
  { disk, budget: { maxPageBytes } }: RunDeps,
): () => void {
  const owner = () => ({ limits, maxPageBytes, stage: progress.stage, bytesIn: traffic.bytesIn });
  const judge = (use: FolderUse) => {
    watch.holds(use.bytes);
    return judgeFolder(use, owner());
  };
  return disk.watch({ path, judge, end: watch.end });
}

async function contentOf(
  job: JobContext,
  deps: RunDeps & { agent: HttpAgent; idleTimeoutMs: number },
  onTaken: (taken: SourceReport) => void,
): Promise<Content> {
  const { command } = job;
  if (command.kind !== 'store') return obtainContent(job, deps, onTaken);
  const content = await openStored(job, command.source, deps);
  onTaken(content.taken);
  return content;
}

/** Parts for service storage go to the Worker, as control calls do. */
function routeFor(controlUrl: string, { storageAgent, workerAgent }: RunDeps): RouteFor {
  const base = `${controlUrl}/`;
  return (url) => {
    const isWorker = url.startsWith(base);
    return { agent: isWorker ? workerAgent : storageAgent, isWorker };
  };
}

/** An unexpected error is a bug: its stack is logged, and the report holds only the code. */
function toFailure(error: unknown, { jobId, attempt }: Command, log: Log): Failure {
  if (error instanceof JobFailure) return error.failure;
  if (isDiskFull(error)) return { code: 'downloader_disk_full' };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.error('run.error', { jobId, attempt, error: text });
  return { code: 'internal_error' };
}

/**
 * Repeats until the Worker answers or the lease has expired. A stale attempt sends no report. Returns what was reported,
 * and whether it arrived.
 */
async function report(
  running: RunningJob,
  control: ControlClient,
  outcome: Outcome,
): Promise<Delivery & { failure: Failure | null }> {
  const { failure } = outcome;
  if (failure?.code === 'stale') return { report: 'none', failure };
  const lease = watchLease(running);
  try {
    return { report: 'delivered', failure: await sendReport(control, outcome, lease.signal) };
  } catch (error) {
    const refused = error instanceof JobFailure ? error.failure : null;
    return { report: 'lost', error: refused?.code ?? String(error), failure };
  } finally {
    lease.stop();
  }
}

function watchLease(running: RunningJob): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const startedAtMs = performance.now();
  const interval = setInterval(() => {
    const seenAtMs = Math.max(running.leaseSeenAtMs, startedAtMs);
    if (performance.now() - seenAtMs > LEASE_LOST_MS) controller.abort(new JobFailure('stale'));
  }, LOOK_EVERY_MS);
  return { signal: controller.signal, stop: () => clearInterval(interval) };
}
