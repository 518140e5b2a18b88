/** Checks the formats that only ffmpeg reads. ffmpeg gets the bytes on stdin, so that it cannot open other files. */
import { JobFailure } from '../job-failure.ts';
import { childEnvironment } from '../process/child-environment.ts';
import type { Confinement } from '../process/confinement.ts';
import { workSeconds } from '../process/limit-child.ts';
import { runChild } from '../process/run-child.ts';
import { checkArgs, MAX_FFMPEG_BYTES } from '../process/ffmpeg-args.ts';
import { declaredSize, endsInFlvTag } from './declared-size.ts';
import { readStreams } from './ffmpeg-output.ts';
import type { CheckedFacts } from '../track-rates.ts';
import type { OrderedReader } from './reader.ts';
import { startWorkClock, type WorkClock } from './work-clock.ts';

export interface FfmpegCheck {
  ffmpeg: string | null;
  confinement: Confinement | null;
  demuxer: string;
  signal: AbortSignal;
  /** Memory that ffmpeg may take, in bytes; at most, and by default, `MAX_FFMPEG_BYTES`. */
  memoryBytes?: number;
  /** How many seconds ffmpeg may work on this many bytes; the default is `workSeconds`. */
  allowedSeconds?: (bytes: number) => number;
}

/** Bytes of one write to ffmpeg. */
const STEP_BYTES = 256 * 1024;

/** Throws `media_check_unavailable` without ffmpeg, `media_truncated` or `media_unreadable`. */
export async function checkByFfmpeg(
  reader: OrderedReader,
  container: string,
  check: FfmpegCheck,
): Promise<CheckedFacts> {
  if (!check.ffmpeg) throw new JobFailure('media_check_unavailable', container);
  const head = await reader.read(0, 4096);
  const { exitCode, stderr, seconds } = await runFfmpeg(check.ffmpeg, reader, check);
  const declared = declaredSize(container, head);
  if (declared !== null && declared > (await reader.sizeBytes())) throw new JobFailure('media_truncated');
  if (container === 'flv' && !endsInFlvTag(await reader.tail())) throw new JobFailure('media_truncated');
  const found = readStreams(stderr);
  if (exitCode !== 0 || seconds <= 0 || !(found.videoCodec || found.audioCodec)) {
    throw new JobFailure('media_unreadable');
  }
  // Headers of these containers are rounded to frames, so the tolerance is 1 s and 2 %.
  if (found.headerSeconds !== null && seconds + 1 < found.headerSeconds * 0.98) {
    throw new JobFailure('media_truncated', `${Math.round(seconds)} of ${Math.round(found.headerSeconds)} s`);
  }
  const { width, height, videoCodec, audioCodec, rates } = found;
  return {
    container,
    durationSeconds: Math.round(seconds * 1000) / 1000,
    width,
    height,
    videoCodec,
    audioCodec,
    rates,
  };
}

/** Writes all bytes to ffmpeg; `seconds` is the duration that it finds. Throws `media_unreadable` after its time limit. */
async function runFfmpeg(ffmpeg: string, reader: OrderedReader, check: FfmpegCheck) {
  const allowedSeconds = check.allowedSeconds ?? workSeconds;
  const clock = startWorkClock(allowedSeconds);
  let microseconds = 0;
  try {
    const { exitCode, stderr } = await runChild({
      command: ffmpeg,
      args: checkArgs(check.demuxer),
      cwd: '/',
      confinement: check.confinement,
      // It gets its input on stdin and writes no file.
      env: childEnvironment('/tmp'),
      signal: AbortSignal.any([check.signal, clock.signal]),
      input: chunksOf(reader, clock),
      onStdoutLine: (line) => {
        const time = /^out_time_us=(\d+)/.exec(line)?.[1];
        if (time) microseconds = Number(time);
      },
      maxStderrBytes: 64 * 1024,
      timeoutMs: MAX_TIMEOUT_MS,
      limits: {
        memoryBytes: Math.min(MAX_FFMPEG_BYTES, check.memoryBytes ?? Infinity),
        fileBytes: 0,
        cpuSeconds: allowedSeconds(MOST_BYTES),
      },
    });
    return { exitCode, stderr, seconds: microseconds / 1_000_000 };
  } finally {
    clock.stop();
  }
}

/** The size of a source may be unknown. The clock uses the bytes so far, the limit of the kernel this maximum. */
const MOST_BYTES = 50 * 1024 ** 3;
/** The clock and the deadline of the job end ffmpeg earlier. */
const MAX_TIMEOUT_MS = 2_147_483_647;

async function* chunksOf(reader: OrderedReader, clock: WorkClock): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ;) {
    const bytes = await reader.read(offset, STEP_BYTES);
    clock.begin(bytes.length);
    if (bytes.length === 0) return;
    yield bytes;
    clock.pause();
    offset += bytes.length;
  }
}
