/** Runs attempts in this process, with the real agents, reporter and registry. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { parseEgressAllow } from '../../../worker/contract/address-policy.ts';
import { createBudget } from '../../../downloader/budget/budget.ts';
import { JobRegistry } from '../../../downloader/jobs/job-registry.ts';
import { createGuardedAgent } from '../../../downloader/net/guarded-agent.ts';
import type { Tools } from '../../../downloader/process/tools.ts';
import { createLog } from '../../../worker/contract/log.ts';
import { createMetrics, type Metrics } from '../../../downloader/jobs/metrics.ts';
import { startReporter } from '../../../downloader/jobs/reporter.ts';
import { runJob } from '../../../downloader/jobs/run-job.ts';

const NO_TOOLS: Tools = {
  python: null,
  ytdlpDirectory: null,
  ffmpeg: null,
  versions: { ytdlp: null, ffmpeg: null },
};

export interface Harness {
  registry: JobRegistry;
  metrics: Metrics;
  logged: string[];
  /** What is left in the folder of the jobs' folders. */
  leftovers: () => Promise<string[]>;
  /** Resolves when no attempt runs any more. */
  idle: () => Promise<void>;
  stop: () => Promise<void>;
}

export async function startHarness({ allow = '127.0.0.1', capacity = 4 } = {}): Promise<Harness> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'importly-test-'));
  const egress = parseEgressAllow(allow);
  const controlAgent = new Agent();
  const storageAgent = createGuardedAgent({ allow: egress, purpose: 'storage' });
  const logged: string[] = [];
  const log = createLog('downloader', (line) => void logged.push(line));
  const metrics = createMetrics();
  const runs = new Set<Promise<unknown>>();
  const registry = new JobRegistry({
    capacity,
    run: (job) => {
      const run = runJob(job, {
        allow: egress,
        tools: NO_TOOLS,
        storageAgent,
        controlAgent,
        workDirectory,
        budget: createBudget({ childMemoryBytes: 2 ** 30, maxPageBytes: 2 ** 40, pages: 4, merges: 4 }),
        log,
      }).then((failure) => {
        metrics.add(job, failure);
        return failure;
      });
      runs.add(run);
      return run;
    },
    onAccepted: () => reporter.reportNow(),
  });
  const versions = { downloader: '0.0.0', ytdlp: null, ffmpeg: null };
  const jobs = () => registry.running();
  const reporter = startReporter({ jobs, capacity, versions, agent: controlAgent, log });
  return {
    registry,
    metrics,
    logged,
    leftovers: () => readdir(workDirectory),
    idle: async () => void (await Promise.all(runs)),
    stop: async () => {
      await registry.drain();
      reporter.stop();
      await Promise.all([controlAgent.destroy(), storageAgent.destroy()]);
      await rm(workDirectory, { recursive: true, force: true });
    },
  };
}
