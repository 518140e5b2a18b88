/** Makes one file from the downloaded ones: ffmpeg copies the streams. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { tellsDiskFull } from '../../disk-full.ts';
import type { JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import { childEnvironment } from '../../process/child-environment.ts';
import type { Confinement } from '../../process/confinement.ts';
import { workSeconds } from '../../process/limit-child.ts';
import { runChild } from '../../process/run-child.ts';
import type { Tools } from '../../process/tools.ts';
import { MAX_FFMPEG_BYTES, mergeArgs, type MergePlan } from '../../process/ffmpeg-args.ts';
import { inspectFile, type InspectedFile } from './inspect-file.ts';
import { chooseMuxer } from './muxers.ts';

export interface Assembly {
  /** One whole file, or video and audio; each was inspected. */
  parts: readonly InspectedFile[];
  directory: string;
  tools: Tools;
  /** Segments make transport streams or fragmented files, which are repackaged when ffmpeg is there. */
  isSegmented: boolean;
}

/** Milliseconds between two checks of the output. */
const LOOK_EVERY_MS = 2000;

/** Throws `merger_unavailable`, `merge_failed`, and as `inspectFile` does for the result. */
export async function assemble(job: JobContext, assembly: Assembly): Promise<InspectedFile> {
  const { parts, directory, tools } = assembly;
  const [first] = parts;
  if (!first) throw new JobFailure('download_failed', 'no file');
  if (parts.length === 1 && !(assembly.isSegmented && tools.ffmpeg)) return first;
  if (!tools.ffmpeg) throw new JobFailure('merger_unavailable');
  const inputs = inOrder(parts);
  const output = join(directory, 'merged.media');
  const muxer = chooseMuxer(inputs.map(({ facts }) => facts));
  const plan = { inputs: inputs.map(({ path }) => path), output, muxer };
  const { ffmpeg } = tools;
  const { confinement } = tools;
  const merging = { directory, plan, confinement, fileBytes: largestOutput(inputs) };
  await job.budget.mergeGate(job, () => merge(job, ffmpeg, merging));
  await Promise.all(parts.map(({ path }) => rm(path)));
  job.progress.stage = 'verifying';
  const merged = await inspectFile(job, output, tools);
  refuseLoss(inputs, merged);
  return merged;
}

/** Video first, by the contents of the files, not by the page. */
function inOrder(parts: readonly InspectedFile[]): readonly InspectedFile[] {
  if (parts.length === 1) return parts;
  const video = parts.find(({ facts }) => facts.videoCodec !== null);
  const audio = parts.find((part) => part !== video && part.facts.audioCodec !== null);
  if (!video || !audio) throw new JobFailure('merge_failed', 'not one video and one audio file');
  return [video, audio];
}

/**
 * Maximum size of the output, in bytes: twice the input, since an index of tiny samples may be as large as they are, and
 * space for headers. Tables of a few bytes can refer to the same samples a million times.
 */
function largestOutput(inputs: readonly InspectedFile[]): number {
  return 2 * inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) + 16 * 1024 * 1024;
}

interface Merge {
  directory: string;
  plan: MergePlan;
  confinement: Confinement;
  /** Largest output, in bytes. */
  fileBytes: number;
}

async function merge(job: JobContext, ffmpeg: string, merging: Merge): Promise<void> {
  const { directory, plan, confinement, fileBytes } = merging;
  job.progress.stage = 'merging';
  job.progress.bytesDone = 0;
  const looking = setInterval(() => void watch(job, plan.output), LOOK_EVERY_MS);
  try {
    const { exitCode, timedOut, stderr } = await runChild({
      command: ffmpeg,
      args: mergeArgs(plan),
      cwd: directory,
      confinement,
      folder: directory,
      env: childEnvironment(directory),
      signal: job.signal,
      maxStderrBytes: 16 * 1024,
      timeoutMs: workSeconds(fileBytes) * 1000,
      limits: {
        memoryBytes: Math.min(MAX_FFMPEG_BYTES, job.budget.childMemoryBytes),
        fileBytes,
        cpuSeconds: workSeconds(fileBytes),
      },
    });
    if (timedOut) throw new JobFailure('merge_failed', 'it takes too long for the size of its files');
    if (exitCode !== 0) throw new JobFailure(tellsDiskFull(stderr) ? 'downloader_disk_full' : 'merge_failed');
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

/** Refuses a merge that is shorter than its input, beyond a tolerance of 2 s and 2 %. */
function refuseLoss(inputs: readonly InspectedFile[], merged: InspectedFile): void {
  const longest = Math.max(...inputs.map(({ facts }) => facts.durationSeconds ?? 0));
  const seconds = merged.facts.durationSeconds ?? 0;
  if (seconds + 2 < longest * 0.98) throw new JobFailure('merge_failed', `${seconds} of ${longest} s`);
}
