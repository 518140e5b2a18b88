import { afterEach, describe, expect, it } from 'vitest';
import type { SourceMetadata } from '../../../worker/contract/downloader/metadata.ts';
import { answer, file, type FileOptions } from '../../support/http-source.ts';
import { mediaBytes, type MediaName } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { closeAll, LARGE, MIB, run, SMALL, type Setting } from './one-job.ts';

const tools = await mediaTools();
afterEach(closeAll);

const bytesOf = async (name: MediaName) => Buffer.from(await mediaBytes(tools.ffmpeg ?? '', name));

/** What is reported about a source, and what came from it. */
async function describeSource(setting: Setting) {
  const { report, worker, source, harness } = await run({ kind: 'metadata', tools, ...setting });
  if (!('completed' in report)) throw new Error(`The job failed: ${JSON.stringify(report)}`);
  const { description } = report.completed;
  expect(worker.artifacts).toEqual([]);
  const ended = harness.logged.map((line) => JSON.parse(line)).find(({ event }) => event === 'run.ended');
  return { ...description!, requests: source.requests, bytesIn: ended.bytesIn as number };
}

const failureOf = async (setting: Setting) => {
  const { report } = await run({ kind: 'metadata', tools, ...setting });
  return 'failed' in report ? report.failed.failure.code : 'none';
};

const formatOf = ({ formats: [format] }: SourceMetadata) => format!;

describe.skipIf(!tools.ffmpeg)('a direct file', () => {
  it.each([
    ['start.mp4', 'avc', 'aac'],
    ['end.mp4', 'avc', 'aac'],
    ['indexed.mp4', 'avc', 'aac'],
    ['movie.mov', 'avc', 'aac'],
    ['movie.mkv', 'avc', 'aac'],
    ['movie.webm', 'vp8', 'opus'],
    ['h264.ts', 'avc', 'aac'],
    ['audio.m4a', null, 'aac'],
    ['sound.mp3', null, 'mp3'],
    ['bare.mp3', null, 'mp3'],
    ['sound.aac', null, 'aac'],
    ['sound.ogg', null, 'vorbis'],
    ['sound.opus', null, 'opus'],
    ['sound.flac', null, 'flac'],
    ['sound.wav', null, 'pcm-s16'],
  ] as const)('%s is described with its duration, tracks and size', async (name, videoCodec, audioCodec) => {
    const bytes = await bytesOf(name);
    const { metadata, source } = await describeSource({ handler: file(bytes) });
    expect(metadata.title).toBe('a file');
    expect(Math.abs((metadata.durationSeconds ?? 0) - 6)).toBeLessThan(0.3);
    expect(formatOf(metadata)).toMatchObject({
      videoCodec,
      audioCodec,
      hasVideo: videoCodec !== null,
      hasAudio: true,
      sizeBytes: bytes.length,
      ...(videoCodec && { width: 320, height: 240 }),
    });
    expect(metadata.estimate).toEqual({
      formatIds: ['source'],
      bytes: bytes.length,
      isExact: true,
      refusal: null,
    });
    expect(source).toMatchObject({ way: 'direct', reason: expect.stringContaining('headers') });
  });

  it.each(['movie.avi', 'live.webm', 'fragmented.mp4'] as const)(
    'whose headers tell no duration (%s) is described without one',
    async (name) => {
      const { metadata } = await describeSource({ handler: file(await bytesOf(name)) });
      expect(metadata).toMatchObject({ title: 'a file', durationSeconds: null, estimate: { refusal: null } });
    },
  );

  it('that is a picture has a size and no duration', async () => {
    const { metadata } = await describeSource({ handler: file(await bytesOf('still.png')) });
    expect(metadata.durationSeconds).toBeNull();
    expect(formatOf(metadata)).toMatchObject({ width: 64, height: 48, hasAudio: false });
  });

  it.each(['metadata', 'basic_metadata'] as const)(
    'with its index at the end is never downloaded (%s)',
    async (kind) => {
      const movie = await bytesOf('end.mp4');
      const index = movie.indexOf('moov') - 4;
      const free = Buffer.alloc(64 * MIB);
      free.writeUInt32BE(free.length);
      free.write('free', 4);
      // The index follows 64 MiB that nothing refers to.
      const large = Buffer.concat([movie.subarray(0, index), free, movie.subarray(index)]);
      const { metadata, bytesIn, requests } = await describeSource({ kind, handler: file(large) });
      expect(metadata.durationSeconds).toBeCloseTo(6, 0);
      expect(bytesIn).toBeLessThan(2 * MIB);
      expect(requests.length).toBeLessThan(8);
    },
  );

  it('of basic metadata has neither formats nor an estimate', async () => {
    const handler = file(await bytesOf('start.mp4'));
    const { metadata } = await describeSource({ kind: 'basic_metadata', handler });
    expect(metadata).toMatchObject({ title: 'a file', formats: [], chapters: [], estimate: null });
    expect(metadata.durationSeconds).toBeCloseTo(6, 0);
  });

  it('estimates the audio alone by its rate', async () => {
    const choice = { includeVideo: false };
    const { metadata } = await describeSource({ handler: file(await bytesOf('start.mp4')), choice });
    expect(metadata.estimate).toMatchObject({ isExact: false, refusal: null });
    // 6 s of AAC at about 70 kbit/s.
    expect(metadata.estimate?.bytes).toBeGreaterThan(30_000);
    expect(metadata.estimate?.bytes).toBeLessThan(120_000);
  });

  it.each([
    ['audio of a silent video', 'video.mp4', { includeVideo: false }, 'no_audio_track'],
    ['video of a sound', 'sound.mp3', { includeAudio: false }, 'no_video_track'],
    ['audio of a picture', 'still.jpg', { includeVideo: false }, 'no_audio_track'],
  ] as const)('tells that %s cannot be imported', async (_name, name, choice, code) => {
    const { metadata } = await describeSource({ handler: file(await bytesOf(name)), choice: { ...choice } });
    expect(metadata.estimate?.refusal?.code).toBe(code);
  });

  it('estimates the size of converted audio by the rate of its encoder', async () => {
    const choice = { audioFormat: 'mp3', audioQuality: 'medium' } as const;
    const { metadata } = await describeSource({ handler: file(await bytesOf('start.mp4')), choice });
    expect(Math.abs((metadata.estimate?.bytes ?? 0) - 96_000)).toBeLessThan(2000);
  });
});

describe('a large direct file', () => {
  it('costs a few ranges', async () => {
    const { metadata, bytesIn } = await describeSource({ handler: file(LARGE) });
    expect(formatOf(metadata)).toMatchObject({ sizeBytes: LARGE.length, audioCodec: 'pcm-s16' });
    expect(metadata.durationSeconds).toBeGreaterThan(60);
    expect(bytesIn).toBeLessThan(MIB);
  });

  it.each<[string, FileOptions]>([
    ['ranges', { ranges: false }],
    ['ranges and lengths', { ranges: false, length: false }],
  ])('of a server without %s is not downloaded either', async (_name, options) => {
    const sent: number[] = [];
    const gate = (bytes: number): undefined => void sent.push(bytes);
    const { metadata } = await describeSource({ handler: file(LARGE, { ...options, gate }) });
    expect(metadata.title).toBe('a file');
    expect(formatOf(metadata).sizeBytes).toBe(options.length === false ? null : LARGE.length);
    expect(Math.max(...sent)).toBeLessThan(16 * MIB);
  });

  it('that is larger than a limit is described, with the verdict', async () => {
    const limits = { maxBytes: 1000, stops: { maxDurationSeconds: 5 } };
    const { metadata } = await describeSource({ handler: file(LARGE), limits });
    expect(metadata.estimate).toMatchObject({ bytes: LARGE.length, refusal: { code: 'source_too_large' } });
  });

  it.each([
    [{ stops: { maxBytes: 1000, maxBytesCode: 'max_cost_exceeded' as const } }, 'max_cost_exceeded'],
    [{ stops: { maxDurationSeconds: 5 } }, 'max_duration_exceeded'],
    [{ maxDurationSeconds: 5 }, 'source_too_long'],
  ])('is judged by the limits %j: %s', async (limits, code) => {
    const { metadata } = await describeSource({ handler: file(LARGE), limits });
    expect(metadata.estimate?.refusal?.code).toBe(code);
  });
});

describe('a source that cannot be described', () => {
  it.each<[string, Setting, string]>([
    ['that does not exist', { handler: answer(404, 'text/plain', 'no') }, 'source_not_found'],
    ['that is empty', { handler: answer(200, 'video/mp4', '') }, 'source_empty'],
    [
      'that is an archive',
      { handler: answer(200, 'application/zip', Buffer.from('PK\x03\x04'.padEnd(99, '\0'))) },
      'not_media',
    ],
    ['at a private address', { handler: file(SMALL), allow: '10.1.1.1' }, 'source_address_forbidden'],
    [
      'that is a page for another slot',
      { handler: answer(200, 'text/html', '<html></html>'), filesOnly: true },
      'source_is_page',
    ],
  ])('%s fails as its import would', async (_name, setting, code) => {
    expect(await failureOf(setting)).toBe(code);
  });

  it('is read in one attempt: damage in a file is left to the import', async () => {
    const damaged = Buffer.concat([
      Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp41', 'latin1'),
      Buffer.alloc(5000),
    ]);
    const { metadata } = await describeSource({ handler: file(damaged) });
    expect(metadata).toMatchObject({ durationSeconds: null, formats: [{ sizeBytes: damaged.length }] });
  });
});
