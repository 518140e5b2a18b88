/** Runs attempts in this process, with the real agents, reporter and registry. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { expect, vi } from 'vitest';
import { parseEgressAllow } from '../../../worker/contract/address-policy.ts';
import { createBudget } from '../../../downloader/budget/budget.ts';
import type { WorkLimits } from '../../../downloader/budget/work-limits.ts';
import { createDiskGuard } from '../../../downloader/jobs/disk-guard.ts';
import { JobRegistry } from '../../../downloader/jobs/job-registry.ts';
import { createGuardedAgent, createPlainAgent } from '../../../downloader/net/guarded-agent.ts';
import { unconfined } from '../../../downloader/process/confinement.ts';
import type { Tools } from '../../../downloader/process/tools.ts';
import { createLog } from '../../../worker/contract/log.ts';
import { createMetrics, type Metrics } from '../../../downloader/jobs/metrics.ts';
import { createNextJobs } from '../../../downloader/jobs/next-jobs.ts';
import { startReporter } from '../../../downloader/jobs/reporter.ts';
import { runJob } from '../../../downloader/jobs/run-job.ts';
import { publicKey } from '../dispatcher.ts';

/** A machine on which no test waits. */
const ROOMY: WorkLimits = {
  partMemoryBytes: 2 ** 27,
  childMemoryBytes: 2 ** 30,
  maxPageBytes: 2 ** 40,
  diskReserveBytes: 0,
  pages: 4,
  merges: 4,
};

const NO_TOOLS: Tools = {
  python: null,
  ytdlpDirectory: null,
  ffmpeg: null,
  confinement: unconfined('These tests run no tools.'),
  versions: { ytdlp: null, ffmpeg: null },
};

export interface Harness {
  registry: JobRegistry;
  metrics: Metrics;
  logged: string[];
  /** What is left in the folder of the jobs' folders. */
  leftovers: () => Promise<string[]>;
  /** Bytes of the part buffers that uploads hold. */
  heldBytes: () => number;
  /** Bytes of the files in the jobs' folders. */
  usedBytes: () => Promise<number>;
  /** Resolves when no attempt runs any more, and the registry knows it. */
  idle: () => Promise<void>;
  stop: () => Promise<void>;
}

export interface HarnessOptions {
  allow?: string;
  capacity?: number;
  tools?: Tools;
  budget?: Partial<WorkLimits>;
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { allow = '127.0.0.1', capacity = 4, tools = NO_TOOLS } = options;
  const budget = createBudget({ ...ROOMY, ...options.budget });
  const workDirectory = await mkdtemp(join(tmpdir(), 'importly-test-'));
  const egress = parseEgressAllow(allow);
  const controlAgent = new Agent();
  const workerAgent = createPlainAgent();
  const storageAgent = createGuardedAgent({ allow: egress, purpose: 'storage' });
  const logged: string[] = [];
  const log = createLog('downloader', (line) => void logged.push(line));
  const metrics = createMetrics(budget);
  const disk = createDiskGuard(workDirectory, budget.diskReserveBytes);
  const runs = new Set<Promise<unknown>>();
  const registry = new JobRegistry({
    capacity,
    run: (job) => {
      const run = runJob(job, {
        allow: egress,
        tools,
        storageAgent,
        workerAgent,
        controlAgent,
        workDirectory,
        disk,
        budget,
        nextJobs,
        log,
      }).then((failure) => {
        metrics.add(job, failure);
        return failure;
      });
      runs.add(run);
      return run;
    },
    hasDiskRoom: disk.hasRoom,
    onAccepted: () => reporter.reportSoon(),
  });
  const nextJobs = createNextJobs({
    registry,
    dispatchPublicKey: publicKey,
    agent: controlAgent,
    now: Date.now,
    log,
  });
  const versions = { downloader: '0.0.0', ytdlp: null, ffmpeg: null };
  const jobs = () => registry.running();
  const reporter = startReporter({ jobs, capacity, versions, agent: controlAgent, log });
  return {
    registry,
    metrics,
    logged,
    leftovers: () => readdir(workDirectory),
    heldBytes: () => budget.partMemory.heldBytes,
    usedBytes: async () => {
      const names = await readdir(workDirectory, { recursive: true });
      const sizes = names.map((name) =>
        stat(join(workDirectory, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      );
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    },
    idle: async () => {
      await Promise.all(runs);
      // The registry looks at the disk before it forgets an attempt.
      await vi.waitFor(() => expect(registry.running()).toEqual([]), 5000);
    },
    stop: async () => {
      await registry.drain();
      reporter.stop();
      for (const agent of [storageAgent, workerAgent]) agent.destroy();
      await controlAgent.destroy();
      await rm(workDirectory, { recursive: true, force: true });
    },
  };
}
