/** One job from its command to its final report: source, stand-in for the Worker, and the downloader's own parts. */
import { expect } from 'vitest';
import type { Tools } from '../../../downloader/process/tools.ts';
import type { MediaChoice } from '../../../worker/contract/choice/media-choice.ts';
import type { JobLimits } from '../../../worker/contract/downloader/command.ts';
import type { FailedReport } from '../../../worker/contract/downloader/report.ts';
import { file, startHttpSource, type Handler } from '../../support/http-source.ts';
import { makeWav } from '../../support/wav.ts';
import { startHarness } from './harness.ts';
import type { StandInOptions } from '../stand-in-options.ts';
import { startWorkerStandIn } from './worker-stand-in.ts';

export const MIB = 1024 * 1024;
export const SMALL = makeWav(40_000);
export const LARGE = makeWav(67 * MIB + 444);
export const cleanUps: (() => Promise<void>)[] = [];

/** Closes what `start` and `run` opened. */
export async function closeAll(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
}

export interface Setting {
  handler?: Handler;
  worker?: StandInOptions;
  limits?: Partial<JobLimits>;
  choice?: MediaChoice;
  allow?: string;
  /** Default: none is installed. */
  tools?: Tools;
  /** The mark that an earlier attempt leaves when it could not read by ranges. */
  oneConnection?: true;
  /** Pages are left to another slot. */
  filesOnly?: true;
  /** Default: an import. */
  kind?: 'metadata' | 'basic_metadata';
}

/** Starts all three and sends the command; the job runs. */
export async function start(setting: Setting) {
  const {
    handler = file(SMALL),
    worker: options = {},
    limits = {},
    allow,
    tools,
    oneConnection,
    choice,
    filesOnly,
    kind,
  } = setting;
  const source = await startHttpSource();
  source.serve('/a%20file.wav', handler);
  const worker = await startWorkerStandIn(options);
  const harness = await startHarness({ ...(allow !== undefined && { allow }), ...(tools && { tools }) });
  cleanUps.push(() => source.close(), worker.close, harness.stop);
  const command = worker.command(source.url('/a%20file.wav'), limits);
  if (kind) Object.assign(command, { kind });
  if (oneConnection && command.kind === 'import') command.source.oneConnection = oneConnection;
  if (choice && command.kind !== 'store' && command.kind !== 'playlist') command.choice = choice;
  if (filesOnly && command.kind !== 'store') command.source.filesOnly = filesOnly;
  const acceptance = harness.registry.accept(command);
  return { source, worker, harness, command, acceptance };
}

/** Runs it to its final report. */
export async function run(setting: Setting) {
  const started = await start(setting);
  const report = await started.worker.finished;
  await started.harness.idle();
  expect(await started.harness.leftovers()).toEqual([]);
  return { ...started, report };
}

export async function failureOf(setting: Setting): Promise<FailedReport['failure']> {
  const { report, worker } = await run(setting);
  expect(worker.stored()).toBeNull();
  if (!('failed' in report)) throw new Error('The job completed');
  return report.failed.failure;
}
