/** Reads from the stderr of ffmpeg what it found in its first input. Pure. */
import type { TrackRates } from '../../worker/contract/media.ts';

export interface FoundStreams {
  /** `Duration:` of the input's header; null for N/A. */
  headerSeconds: number | null;
  videoCodec: string | null;
  audioCodec: string | null;
  width: number | null;
  height: number | null;
  rates: TrackRates;
}

/** Our names for codecs that ffmpeg names differently. */
const NAMES: Readonly<Record<string, string>> = { h264: 'avc', h265: 'hevc' };

/** Lines such as `Stream #0:0: Video: mpeg4 (…), yuv420p, 320x240 [SAR 1:1], …`, up to where the output is described. */
export function readStreams(stderr: string): FoundStreams {
  const lines = stderr.split('\n').map((line) => line.trimStart());
  const end = lines.findIndex((line) => line.startsWith('Output #0'));
  const input = end < 0 ? lines : lines.slice(0, end);
  const video = streamOf(input, ': Video: ');
  const audio = streamOf(input, ': Audio: ');
  const size = /, (\d{1,5})x(\d{1,5})[ ,\n]/.exec(`${video ?? ''}\n`);
  const videoCodec = codecOf(video);
  return {
    headerSeconds: headerSeconds(input),
    videoCodec: videoCodec === null ? null : (NAMES[videoCodec] ?? videoCodec),
    audioCodec: codecOf(audio),
    width: Number(size?.[1]) || null,
    height: Number(size?.[2]) || null,
    rates: {
      framesPerSecond: numberBefore(video, /, (\d{1,4}(?:\.\d{1,3})?) fps\b/),
      // Headers of video state the largest rate, not the average.
      videoBitsPerSecond: null,
      audioBitsPerSecond: kilobitsOf(audio),
    },
  };
}

/** What the line of the first stream of this kind says after `kind`, else null. */
function streamOf(lines: readonly string[], kind: string): string | null {
  const line = lines.find((line) => line.startsWith('Stream #0:') && line.includes(kind));
  return line?.slice(line.indexOf(kind) + kind.length) ?? null;
}

function numberBefore(stream: string | null, unit: RegExp): number | null {
  return Number(unit.exec(stream ?? '')?.[1]) || null;
}

function kilobitsOf(stream: string | null): number | null {
  const kilobits = numberBefore(stream, /, (\d{1,9}) kb\/s\b/);
  return kilobits === null ? null : kilobits * 1000;
}

function codecOf(stream: string | null): string | null {
  return /^\w+/.exec(stream ?? '')?.[0] ?? null;
}

function headerSeconds(lines: readonly string[]): number | null {
  const line = lines.find((line) => line.startsWith('Duration: '));
  const duration = /^Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(line ?? '');
  return duration ? Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]) : null;
}
