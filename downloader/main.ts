/** Starts the downloader: reads the environment, finds the tools, serves requests, and hands its jobs back on SIGTERM. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { createBudget, type Budget } from './budget/budget.ts';
import { readMachine } from './budget/machine.ts';
import { workLimits } from './budget/work-limits.ts';
import type { Versions } from '../worker/contract/downloader/command.ts';
import { parseConfig, type DownloaderConfig } from './config.ts';
import { findLostAttempts, noteAttempt, reportLostAttempts } from './jobs/attempt-notes.ts';
import { createDiskGuard } from './jobs/disk-guard.ts';
import { prepareWorkDirectory } from './jobs/job-directory.ts';
import { createIdleCollection, limitHeapGrowth } from './jobs/idle-collection.ts';
import { JobRegistry } from './jobs/job-registry.ts';
import { createMetrics } from './jobs/metrics.ts';
import { createNextJobs } from './jobs/next-jobs.ts';
import { log, messageOf } from './log.ts';
import { createGuardedAgent, createPlainAgent } from './net/guarded-agent.ts';
import { probeHost } from './net/probe.ts';
import { findTools, type Tools } from './process/tools.ts';
import { pullJobs } from './jobs/puller.ts';
import { startReporter, type Reporter } from './jobs/reporter.ts';
import { runJob } from './jobs/run-job.ts';
import { createDownloaderServer } from './server.ts';

const VERSION = '0.1.0';
/**
 * Milliseconds to hand jobs back before the process ends. A job that was not handed back waits until its lease expires.
 * The scripts that stop this process wait longer (`STOP_TIMEOUT_MS` in scripts/start/).
 */
const DRAIN_TIMEOUT_MS = 30_000;
/** Milliseconds that an idle connection for calls of the Worker is kept. */
const KEEP_ALIVE_MS = 15_000;

async function main(config: DownloaderConfig): Promise<void> {
  limitHeapGrowth();
  await prepareWorkDirectory(config.workDirectory);
  const lost = await findLostAttempts(config.workDirectory);
  // The platform waits for the port, and asking the tools takes half a second on half a CPU: jobs wait for them instead.
  const finding = prepareTools(config);
  if (config.requiresConfinement) await finding;
  const versions: Versions = { downloader: VERSION, ytdlp: null, ffmpeg: null };
  const versionsFound = finding.then((tools) => Object.assign(versions, tools.versions));
  const controlAgent = new Agent({ keepAliveTimeout: KEEP_ALIVE_MS });
  const storageAgent = createGuardedAgent({ allow: config.allow, purpose: 'storage' });
  const workerAgent = createPlainAgent();
  const budget = await budgetOf(config);
  const disk = createDiskGuard(config.workDirectory, budget.diskReserveBytes);
  const runDeps = { ...config, storageAgent, workerAgent, controlAgent, disk, budget, log };
  const metrics = createMetrics(budget);
  let reporter: Reporter | null = null;
  const onEnd = createIdleCollection({ isIdle: () => registry.running().length === 0 });
  const registry = new JobRegistry({
    capacity: config.jobsPerSlot,
    run: async (job) => {
      // The attempt does not wait for its note.
      const noting = noteAttempt(config.workDirectory, job.command);
      const failure = await runJob(job, { ...runDeps, nextJobs, tools: await finding });
      const removeNote = await noting;
      await removeNote();
      metrics.add(job, failure);
      onEnd();
      return failure;
    },
    hasDiskRoom: disk.hasRoom,
    onAccepted: () => reporter?.reportSoon(),
  });
  const capacity = config.jobsPerSlot;
  reporter = startReporter({ jobs: () => registry.running(), capacity, versions, agent: controlAgent, log });
  const probe = (request: Parameters<typeof probeHost>[1]) => probeHost(config.allow, request);
  const { dispatchPublicKey } = config;
  const server = createDownloaderServer({
    registry,
    metrics,
    dispatchPublicKey,
    versions: versionsFound,
    confinement: finding.then(({ confinement }) => confinement),
    probe,
    now: Date.now,
    log,
  });
  const nextJobs = createNextJobs({ registry, dispatchPublicKey, agent: controlAgent, now: Date.now, log });
  const stopPulling = new AbortController();
  stopWhenTold(async () => {
    server.close();
    stopPulling.abort();
    await registry.drain();
  });
  await listen(server, config);
  void reportLostAttempts(lost, { agent: controlAgent, log });
  if (config.pull) {
    const pull = { ...config.pull, registry, dispatchPublicKey, agent: controlAgent, now: Date.now, log };
    void pullJobs(pull, stopPulling.signal);
  }
}

async function prepareTools({ tools, workDirectory, requiresConfinement }: DownloaderConfig): Promise<Tools> {
  const found = await findTools({ ...tools, workDirectory });
  const { level, ownUsers, reason } = found.confinement;
  log.info('downloader.confinement', { level, ownUsers, reason });
  if (requiresConfinement && level !== 'full')
    endWith(`CONFINEMENT is required, but children cannot be confined here. ${reason}`);
  return found;
}

/** What the jobs may use of this machine; the log says so, since it decides how fast and how large imports of pages are. */
async function budgetOf({ workDirectory, jobsPerSlot }: DownloaderConfig): Promise<Budget> {
  const machine = await readMachine(workDirectory);
  const limits = workLimits(machine, jobsPerSlot);
  log.info('downloader.limits', { ...machine, jobs: jobsPerSlot, ...limits });
  return createBudget(limits);
}

async function listen(server: ReturnType<typeof createDownloaderServer>, { port, host }: DownloaderConfig) {
  server.listen(port, host);
  await once(server, 'listening');
  const { port: boundPort } = server.address() as AddressInfo;
  log.info('downloader.listening', { host, port: boundPort });
  // The start script waits for this message.
  process.send?.({ event: 'listening', port: boundPort });
}

/** Stops on signals, and at the end of a parent process that opened an IPC channel. */
function stopWhenTold(drain: () => Promise<void>): void {
  let isStopping = false;
  // A closed terminal must not interrupt the drain.
  process.stdout.on('error', () => undefined);
  const stop = (reason: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info('downloader.draining', { reason });
    setTimeout(() => process.exit(0), DRAIN_TIMEOUT_MS);
    void drain().finally(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  process.on('disconnect', () => stop('parent gone'));
}

/** An invalid configuration is reported in one sentence, without a stack. */
function readConfig(): DownloaderConfig {
  try {
    return parseConfig(process.env);
  } catch (error) {
    return endWith(messageOf(error));
  }
}

function endWith(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

try {
  await main(readConfig());
} catch (error) {
  // For errors of the system, such as a port in use, the message is enough. For bugs, print the stack.
  const isSystems = error instanceof Error && 'syscall' in error;
  endWith(isSystems ? error.message : String((error as Error).stack ?? error));
}
