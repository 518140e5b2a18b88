/** Checks the kinds of media that only ffmpeg reads: all bytes go through its stdin, so that it can open nothing else. */
import { tmpdir } from 'node:os';
import type { MediaFacts } from '../../worker/contract/media.ts';
import { JobFailure } from '../job-failure.ts';
import { childEnvironment } from '../process/child-environment.ts';
import { runChild } from '../process/run-child.ts';
import { checkArgs, MAX_FFMPEG_BYTES } from '../process/ffmpeg-args.ts';
import { declaredSize, endsInFlvTag } from './declared-size.ts';
import { readStreams } from './ffmpeg-output.ts';
import type { OrderedReader } from './reader.ts';

export interface FfmpegCheck {
  ffmpeg: string | null;
  demuxer: string;
  limits: { timeoutSeconds: number };
  signal: AbortSignal;
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
  let microseconds = 0;
  const { exitCode, stderr } = await runChild({
    command: check.ffmpeg,
    args: checkArgs(check.demuxer),
    cwd: tmpdir(),
    env: childEnvironment(tmpdir()),
    signal: check.signal,
    input: chunksOf(reader),
    onStdoutLine: (line) => {
      const time = /^out_time_us=(\d+)/.exec(line)?.[1];
      if (time) microseconds = Number(time);
    },
    maxStderrBytes: 64 * 1024,
    timeoutMs: check.limits.timeoutSeconds * 1000,
    limits: { memoryBytes: MAX_FFMPEG_BYTES, fileBytes: 0 },
  });
  const declared = declaredSize(container, head);
  if (declared !== null && declared > (await reader.sizeBytes())) throw new JobFailure('media_truncated');
  if (container === 'flv' && !endsInFlvTag(await reader.tail())) throw new JobFailure('media_truncated');
  const found = readStreams(stderr);
  const seconds = microseconds / 1_000_000;
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

async function* chunksOf(reader: OrderedReader): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ;) {
    const bytes = await reader.read(offset, STEP_BYTES);
    if (bytes.length === 0) return;
    yield bytes;
    offset += bytes.length;
  }
}
