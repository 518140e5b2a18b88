import { describe, expect, it } from 'vitest';
import { checkMedia, type CheckTools } from '../../../downloader/media/check.ts';
import { memoryReader } from '../../../downloader/media/reader.ts';
import { sniff, SNIFF_BYTES } from '../../../downloader/media/sniff.ts';
import { createStreamCheck } from '../../../downloader/media/stream-check.ts';
import { ratesOf, type CheckedFacts } from '../../../downloader/track-rates.ts';
import type { TrackRates } from '../../../worker/contract/media.ts';
import { mediaBytes, type MediaName } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { outcomeOf, pushAll } from './outcome.ts';

const { ffmpeg, confinement } = await mediaTools();
const TOOLS: CheckTools = {
  limits: { maxDurationSeconds: 3600 },
  signal: new AbortController().signal,
  ffmpeg,
  confinement,
};

type Row = readonly [MediaName, string, string | null, string | null, cutsNoticed: readonly number[]];

/** Name, container, video codec, audio codec, and the shares at which a cut is noticed. */
const MEDIA: readonly Row[] = [
  ['start.mp4', 'mp4', 'avc', 'aac', [0.999, 0.99, 0.7]],
  ['end.mp4', 'mp4', 'avc', 'aac', [0.999, 0.99, 0.7]],
  ['fragmented.mp4', 'mp4', 'avc', 'aac', [0.999, 0.99, 0.7]],
  ['indexed.mp4', 'mp4', 'avc', 'aac', [0.999, 0.99, 0.7]],
  ['audio.m4a', 'mp4', null, 'aac', [0.999, 0.99, 0.7]],
  ['movie.mov', 'mov', 'avc', 'aac', [0.999, 0.99, 0.7]],
  ['movie.mkv', 'matroska', 'avc', 'aac', [0.999, 0.99, 0.7]],
  ['movie.webm', 'webm', 'vp8', 'opus', [0.999, 0.99, 0.7]],
  ['live.webm', 'webm', 'vp8', 'opus', [0.99, 0.7]],
  ['h264.ts', 'mpegts', 'avc', 'aac', [0.999, 0.99, 0.7]],
  ['mpeg2.ts', 'mpegts', 'mpeg2video', 'mp3', [0.999, 0.99, 0.7]],
  ['movie.avi', 'avi', 'mpeg4', 'mp3', [0.999, 0.99, 0.7]],
  ['movie.flv', 'flv', 'avc', 'aac', [0.999, 0.99, 0.7]],
  ['movie.wmv', 'asf', 'wmv2', 'wmav2', [0.999, 0.99, 0.7]],
  // A program stream has neither a length nor an end that must be there.
  ['movie.mpg', 'mpeg', 'mpeg1video', 'mp2', []],
  ['sound.mp3', 'mp3', null, 'mp3', [0.99, 0.7]],
  // Without a Xing header nothing says how long it should be.
  ['bare.mp3', 'mp3', null, 'mp3', []],
  ['sound.aac', 'aac', null, 'aac', [0.999, 0.99, 0.7]],
  ['sound.ogg', 'ogg', null, 'vorbis', [0.999, 0.99, 0.7]],
  ['sound.opus', 'ogg', null, 'opus', [0.999, 0.99, 0.7]],
  ['sound.flac', 'flac', null, 'flac', [0.999, 0.99, 0.7]],
  ['sound.wav', 'wav', null, 'pcm-s16', [0.999, 0.99, 0.7]],
];

const PICTURES: readonly (readonly [MediaName, string, cutsNoticed: readonly number[]])[] = [
  ['still.png', 'png', [0.99, 0.7]],
  ['still.jpg', 'jpeg', [0.99, 0.7]],
  ['still.gif', 'gif', [0.99, 0.7]],
  ['still.webp', 'webp', [0.99, 0.7]],
  ['still.bmp', 'bmp', [0.99, 0.7]],
  ['still.avif', 'avif', [0.99, 0.7]],
  // Its directory is at the end; what a cut takes from the pixels is not noticed.
  ['still.tiff', 'tiff', []],
];

/** With an index, the check at random skips samples that the other one counts. */
function withoutRates(outcome: unknown): unknown {
  return { ...(outcome as CheckedFacts), rates: null };
}

/** True within 4 %. */
function isNear(actual: number | null, expected: number | null): boolean {
  if (actual === null || expected === null) return actual === expected;
  return Math.abs(actual - expected) < expected * 0.04;
}

/** Both checks must say the same of the same bytes, whatever the chunks. */
async function judge(bytes: Uint8Array, tools = TOOLS): Promise<unknown> {
  const sniffed = await sniff(bytes.subarray(0, SNIFF_BYTES));
  const atRandom = await outcomeOf(checkMedia(memoryReader(bytes), sniffed, tools));
  for (const chunkBytes of [bytes.length, 1400, 65_536]) {
    const inOrder = await outcomeOf(pushAll(createStreamCheck(sniffed, tools), bytes, chunkBytes));
    expect(withoutRates(inOrder)).toEqual(withoutRates(atRandom));
  }
  return atRandom;
}

const cut = (bytes: Uint8Array, share: number) => bytes.subarray(0, Math.floor(bytes.length * share));

describe.skipIf(!ffmpeg)('the check of media', () => {
  it.each(MEDIA)('reads the facts of %s', async (name, container, videoCodec, audioCodec) => {
    const facts = await judge(await mediaBytes(ffmpeg ?? '', name));
    const hasSize = videoCodec !== null && name !== 'mpeg2.ts';
    expect(facts).toEqual({
      container,
      durationSeconds: expect.closeTo(6, 0.5),
      width: hasSize ? 320 : null,
      height: hasSize ? 240 : null,
      videoCodec,
      audioCodec,
      rates: expect.anything() as TrackRates,
    });
  });

  it.each([
    ['start.mp4', 25, 760, 70],
    ['end.mp4', 25, 760, 70],
    ['fragmented.mp4', 25, 760, 70],
    ['indexed.mp4', 25, 760, 70],
    ['video.mp4', 25, 760, null],
    ['audio.m4a', null, null, 70],
    ['movie.mov', 25, 760, 70],
    ['movie.avi', 25, 350, 64],
    ['movie.flv', 25, 770, 69],
    // Neither states the rates of its tracks.
    ['movie.mkv', 25, null, null],
    ['movie.webm', 25, null, null],
    ['h264.ts', null, null, null],
    ['sound.mp3', null, null, 64],
    ['sound.wav', null, null, 706],
    ['still.png', null, null, null],
  ] as const)(
    'reads that %s has %s frames a second, %s and %s kbit/s',
    async (name, frames, video, audio) => {
      const bytes = await mediaBytes(ffmpeg ?? '', name);
      const rates = ratesOf((await judge(bytes)) as CheckedFacts, bytes.length);
      // Muxers round the durations of samples.
      expect(isNear(rates.framesPerSecond, frames)).toBe(true);
      expect(isNear(rates.videoBitsPerSecond, video && video * 1000)).toBe(true);
      expect(isNear(rates.audioBitsPerSecond, audio && audio * 1000)).toBe(true);
    },
  );

  it.each(PICTURES.flatMap(([name, , cuts]) => cuts.map((share) => [name, share] as const)))(
    'notices that the picture %s is cut at %d',
    async (name, share) => {
      const outcome = await judge(cut(await mediaBytes(ffmpeg ?? '', name), share));
      expect(outcome).toMatchObject({ code: 'media_truncated' });
    },
  );

  it('refuses media that lasts too long', async () => {
    const short = { ...TOOLS, limits: { maxDurationSeconds: 5 } };
    expect(await judge(await mediaBytes(ffmpeg ?? '', 'start.mp4'), short)).toEqual({
      code: 'source_too_long',
      detail: '6 s',
    });
  });

  it('reports that ffmpeg is missing for formats that only ffmpeg reads', async () => {
    const without = { ...TOOLS, ffmpeg: null };
    expect(await judge(await mediaBytes(ffmpeg ?? '', 'movie.avi'), without)).toEqual({
      code: 'media_check_unavailable',
      detail: 'avi',
    });
  });

  it.each([
    ['sound.mp3', 3_000_000],
    ['bare.mp3', 3_000_000],
    ['sound.flac', 1000],
    ['sound.aac', 1000],
  ] as const)(
    'takes %s behind an ID3 tag of %d bytes and in front of an ID3v1 tag',
    async (name, tagBytes) => {
      const bytes = Buffer.concat([id3(tagBytes), await mediaBytes(ffmpeg ?? '', name), id3v1()]);
      expect(await judge(bytes)).toMatchObject({ durationSeconds: expect.closeTo(6, 0.5) });
    },
  );
});

function id3(tagBytes: number): Buffer {
  const tag = Buffer.alloc(tagBytes);
  tag.write('ID3\x04\0\0', 'latin1');
  for (let index = 0; index < 4; index += 1) tag[9 - index] = ((tagBytes - 10) >> (7 * index)) & 127;
  return tag;
}

function id3v1(): Buffer {
  const tag = Buffer.alloc(128);
  tag.write('TAG');
  return tag;
}
