/** Checks the kinds of media that only ffmpeg reads: all bytes go through its stdin, so that it can open nothing else. */
import { tmpdir } from 'node:os';
import type { MediaFacts } from '../../worker/contract/media.ts';
import { JobFailure } from '../job-failure.ts';
import { childEnvironment } from '../process/child-environment.ts';
import { workSeconds } from '../process/limit-child.ts';
import { runChild } from '../process/run-child.ts';
import { checkArgs, MAX_FFMPEG_BYTES } from '../process/ffmpeg-args.ts';
import { declaredSize, endsInFlvTag } from './declared-size.ts';
import { readStreams } from './ffmpeg-output.ts';
import type { OrderedReader } from './reader.ts';
import { startWorkClock, type WorkClock } from './work-clock.ts';

export interface FfmpegCheck {
  ffmpeg: string | null;
  demuxer: string;
  signal: AbortSignal;
  /** How many seconds ffmpeg may work on this many bytes; `workSeconds` unless told. */
  allowedSeconds?: (bytes: number) => number;
}

/** How much is handed to ffmpeg at once. */
const STEP_BYTES = 256 * 1024;

/** Throws `media_check_unavailable` without ffmpeg, `media_truncated` by declared sizes and durations, `media_unreadable`. */
export async function checkByFfmpeg(
  reader: OrderedReader,
  container: string,
  check: FfmpegCheck,
): Promise<MediaFacts> {
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
  // Headers of these containers round to frames; a second and two percent are left.
  if (found.headerSeconds !== null && seconds + 1 < found.headerSeconds * 0.98) {
    throw new JobFailure('media_truncated', `${Math.round(seconds)} of ${Math.round(found.headerSeconds)} s`);
  }
  const { width, height, videoCodec, audioCodec } = found;
  return {
    container,
    durationSeconds: Math.round(seconds * 1000) / 1000,
    width,
    height,
    videoCodec,
    audioCodec,
  };
}

/** Feeds all bytes to ffmpeg; `seconds` is the time that it counts. Throws `media_unreadable` when it works too long. */
async function runFfmpeg(ffmpeg: string, reader: OrderedReader, check: FfmpegCheck) {
  const allowedSeconds = check.allowedSeconds ?? workSeconds;
  const clock = startWorkClock(allowedSeconds);
  let microseconds = 0;
  try {
    const { exitCode, stderr } = await runChild({
      command: ffmpeg,
      args: checkArgs(check.demuxer),
      cwd: tmpdir(),
      env: childEnvironment(tmpdir()),
      signal: AbortSignal.any([check.signal, clock.signal]),
      input: chunksOf(reader, clock),
      onStdoutLine: (line) => {
        const time = /^out_time_us=(\d+)/.exec(line)?.[1];
        if (time) microseconds = Number(time);
      },
      maxStderrBytes: 64 * 1024,
      timeoutMs: MAX_TIMEOUT_MS,
      limits: { memoryBytes: MAX_FFMPEG_BYTES, fileBytes: 0, cpuSeconds: allowedSeconds(MOST_BYTES) },
    });
    return { exitCode, stderr, seconds: microseconds / 1_000_000 };
  } finally {
    clock.stop();
  }
}

/** The size of a source may be unknown: the clock counts with what has come, the kernel with the most that may. */
const MOST_BYTES = 50 * 1024 ** 3;
/** The job ends sooner, and so does the clock. */
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
