/** Makes the file that is stored from the downloaded ones: ffmpeg copies their streams, or converts the audio. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrackRates } from '../../../worker/contract/media.ts';
import { tellsDiskFull } from '../../disk-full.ts';
import { choiceOf, type JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import { childEnvironment } from '../../process/child-environment.ts';
import type { Confinement } from '../../process/confinement.ts';
import { workSeconds } from '../../process/limit-child.ts';
import { runChild } from '../../process/run-child.ts';
import type { Tools } from '../../process/tools.ts';
import { MAX_FFMPEG_BYTES, muxArgs } from '../../process/ffmpeg-args.ts';
import { fillRates, ratesOf } from '../../track-rates.ts';
import { inspectFile, type InspectedFile } from './inspect-file.ts';
import { planOutput, type OutputPlan } from './output-plan.ts';

export interface Assembly {
  /** One whole file, or video and audio; each was inspected. */
  parts: readonly InspectedFile[];
  directory: string;
  tools: Tools;
  isSegmented: boolean;
}

/** Milliseconds between two checks of the output. */
const LOOK_EVERY_MS = 2000;
/** Seconds of audio that are converted in a second of CPU time, on the slowest machine. */
const SLOWEST_CONVERSION = 8;
/** A file of the largest allowed size may be a little smaller: headers are written last. */
const NEARLY = 0.99;

/**
 * Throws `merger_unavailable`, `converter_unavailable`, `merge_failed`, `conversion_failed`, `no_audio_track`,
 * `no_video_track`, `source_too_large`, and as `inspectFile` does for the result.
 */
export async function assemble(job: JobContext, assembly: Assembly): Promise<InspectedFile> {
  const { parts, directory, tools, isSegmented } = assembly;
  const [first] = parts;
  if (!first) throw new JobFailure('download_failed', 'no file');
  const plan = planOutput(parts, { choice: choiceOf(job), isSegmented, hasFfmpeg: tools.ffmpeg !== null });
  if (!plan) return first;
  if (!tools.ffmpeg)
    throw new JobFailure(parts.length === 1 ? 'converter_unavailable' : 'merger_unavailable');
  const output = join(directory, 'output.media');
  const { ffmpeg, confinement } = tools;
  const muxing = { directory, output, confinement, ...limitsOf(job, plan) };
  await job.budget.mergeGate(job, () => mux(job, ffmpeg, plan, muxing));
  await Promise.all(parts.map(({ path }) => rm(path)));
  job.progress.stage = 'verifying';
  const made = await inspectFile(job, output, tools);
  if (plan.keepsAll) refuseLoss(plan, made);
  return { ...made, facts: { ...made.facts, rates: ratesWithInputs(plan, made) } };
}

/** Copied streams have the rates of the files that they come from, which hold one track each when there are two. */
function ratesWithInputs({ inputs, encoder }: OutputPlan, { facts, sizeBytes }: InspectedFile): TrackRates {
  const own = ratesOf(facts, sizeBytes);
  if (encoder) return own;
  return inputs.reduce((rates, input) => fillRates(rates, ratesOf(input.facts, input.sizeBytes)), own);
}

interface Muxing {
  directory: string;
  output: string;
  confinement: Confinement;
  /** Largest output, in bytes. */
  fileBytes: number;
  cpuSeconds: number;
}

/**
 * Copied streams take at most twice the input, since an index of tiny samples may be as large as they are, and space for
 * headers: tables of a few bytes can refer to the same samples a million times. Converted audio can take any size.
 */
function limitsOf({ command, budget }: JobContext, { inputs, encoder }: OutputPlan) {
  const inputBytes = inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const copiedBytes = 2 * inputBytes + 16 * 1024 * 1024;
  if (!encoder) return { fileBytes: copiedBytes, cpuSeconds: workSeconds(copiedBytes) };
  const seconds = Math.ceil(durationOf(inputs) / SLOWEST_CONVERSION);
  const fileBytes = Math.min(command.limits.maxBytes, budget.maxPageBytes);
  return { fileBytes, cpuSeconds: workSeconds(inputBytes) + seconds };
}

function durationOf(inputs: readonly InspectedFile[]): number {
  return Math.max(...inputs.map(({ facts }) => facts.durationSeconds ?? 0));
}

async function mux(job: JobContext, ffmpeg: string, plan: OutputPlan, muxing: Muxing): Promise<void> {
  const { directory, output, confinement, fileBytes, cpuSeconds } = muxing;
  job.progress.stage = 'merging';
  job.progress.bytesDone = 0;
  const looking = setInterval(() => void watch(job, output), LOOK_EVERY_MS);
  try {
    const { exitCode, timedOut, stderr } = await runChild({
      command: ffmpeg,
      args: muxArgs({ ...plan, output }),
      cwd: directory,
      confinement,
      folder: directory,
      env: childEnvironment(directory),
      signal: job.signal,
      maxStderrBytes: 16 * 1024,
      timeoutMs: cpuSeconds * 1000,
      limits: {
        memoryBytes: Math.min(MAX_FFMPEG_BYTES, job.budget.childMemoryBytes),
        fileBytes,
        cpuSeconds,
      },
    });
    if (timedOut) throw new JobFailure(plan.failure, 'it takes too long for the size of its files');
    if (exitCode === 0) return;
    if (tellsDiskFull(stderr)) throw new JobFailure('downloader_disk_full');
    const { size } = await stat(output).catch(() => ({ size: 0 }));
    throw new JobFailure(plan.encoder && size > fileBytes * NEARLY ? 'source_too_large' : plan.failure);
  } finally {
    clearInterval(looking);
  }
}

/** Written bytes are progress. Moving the index to the front rewrites the file, which only its modification time shows. */
async function watch(job: JobContext, output: string): Promise<void> {
  const { size, mtimeMs } = await stat(output).catch(() => ({ size: 0, mtimeMs: 0 }));
  const isWriting = Date.now() - mtimeMs < LOOK_EVERY_MS * 2;
  if (size > job.progress.bytesDone) job.progress.bytesDone = size;
  else if (isWriting) job.progress.bytesDone += 1;
}

/** Refuses an output that is shorter than its input, beyond a tolerance of 2 s and 2 %. */
function refuseLoss({ inputs, failure }: OutputPlan, made: InspectedFile): void {
  const longest = durationOf(inputs);
  const seconds = made.facts.durationSeconds ?? 0;
  if (seconds + 2 < longest * 0.98) throw new JobFailure(failure, `${seconds} of ${longest} s`);
}
