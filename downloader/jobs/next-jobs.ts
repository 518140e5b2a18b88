/** Takes the job that the Worker hands over in its answer to the final report of another one. */
import type { KeyObject } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { NextRequest, SignedCommand } from '../../worker/contract/downloader/claim.ts';
import type { Command } from '../../worker/contract/downloader/command.ts';
import type { Log } from '../../worker/contract/log.ts';
import { JobKind } from '../../worker/contract/job.ts';
import { createControlClient, type NextJob } from '../control-client.ts';
import { messageOf } from '../log.ts';
import type { JobRegistry, RunningJob } from './job-registry.ts';
import { openCommand } from './open-command.ts';

/** Milliseconds to hand a job back. After that, its lease ends the attempt. */
const HAND_BACK_MS = 10_000;

export interface NextJobsOptions {
  registry: JobRegistry;
  dispatchPublicKey: KeyObject;
  agent: Dispatcher;
  /** Unix milliseconds. */
  now: () => number;
  log: Log;
}

/** What the calls of an attempt need to take its successor. */
export type NextJobs = (ending: RunningJob) => NextJob;

export function createNextJobs(options: NextJobsOptions): NextJobs {
  return (ending) => ({
    ask: () => ask(options.registry),
    take: async (signed) => {
      try {
        await take(options, ending, signed);
      } catch (error) {
        // It ends with its lease. The job that has ended is stored, and must not fail for this.
        options.log.error('claim.failed', { error: messageOf(error) });
      }
    },
  });
}

function ask(registry: JobRegistry): NextRequest | null {
  return registry.takesMore ? { capacity: registry.capacity, kinds: JobKind.options } : null;
}

async function take(options: NextJobsOptions, ending: RunningJob, signed: SignedCommand): Promise<void> {
  const { registry, log } = options;
  const command = read(options, signed);
  // Without the token of the job, the attempt that has ended says that it did not take its next one.
  if (!command) return handBack(options, ending.command);
  const acceptance = registry.accept(command, ending);
  // A repeated call gets the same job again.
  if (acceptance === 'accepted' || acceptance === 'duplicate') return;
  const { jobId, attempt } = command;
  log.error('claim.not_accepted', { jobId, attempt, acceptance });
  await handBack(options, command);
}

/** Null for a job of a later version, or under a key that this process does not know. */
function read({ log, ...keys }: NextJobsOptions, signed: SignedCommand): Command | null {
  try {
    return openCommand(signed, keys);
  } catch (error) {
    log.error('claim.failed', { error: messageOf(error) });
    return null;
  }
}

async function handBack({ agent }: NextJobsOptions, { jobId, controlUrl, token }: Command): Promise<void> {
  const control = createControlClient({ controlUrl, token, jobId }, { agent, onActivity: () => undefined });
  await control.failed({ code: 'downloader_draining' }, null, AbortSignal.timeout(HAND_BACK_MS));
}
