/** Reads what ffmpeg says about its first input on stderr. Pure. */

export interface FoundStreams {
  /** `Duration:` of the input's header; null for N/A. */
  headerSeconds: number | null;
  videoCodec: string | null;
  audioCodec: string | null;
  width: number | null;
  height: number | null;
}

/** ffmpeg's names where the other readers say it differently. */
const NAMES: Readonly<Record<string, string>> = { h264: 'avc', h265: 'hevc' };

/** Lines such as `Stream #0:0: Video: mpeg4 (…), yuv420p, 320x240 [SAR 1:1], …`, up to where the output is described. */
export function readStreams(stderr: string): FoundStreams {
  const input = stderr.split(/^Output #0/m)[0] ?? '';
  const duration = /Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(input);
  const video = /Stream #0:\d+.*?: Video: (\w+)(.*)/.exec(input);
  const audio = /Stream #0:\d+.*?: Audio: (\w+)/.exec(input);
  const size = /, (\d{1,5})x(\d{1,5})[ ,\n]/.exec(`${video?.[2] ?? ''}\n`);
  return {
    headerSeconds: duration
      ? Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3])
      : null,
    videoCodec: video?.[1] ? (NAMES[video[1]] ?? video[1]) : null,
    audioCodec: audio?.[1] ?? null,
    width: Number(size?.[1]) || null,
    height: Number(size?.[2]) || null,
  };
}
