import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobFailure } from '../../../../downloader/job-failure.ts';
import { assemble } from '../../../../downloader/sources/files/assemble.ts';
import { inspectFile, type InspectedFile } from '../../../../downloader/sources/files/inspect-file.ts';
import type { MediaChoice } from '../../../../worker/contract/choice/media-choice.ts';
import type { JobLimits } from '../../../../worker/contract/downloader/command.ts';
import { mediaBytes, type MediaName } from '../../../support/media-files.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { jobFor } from '../page/world.ts';

const tools = await mediaTools();
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assemble-test-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The file that is stored for this one. */
async function made(
  name: MediaName,
  choice: MediaChoice,
  { limits = {}, ffmpeg = tools.ffmpeg }: { limits?: Partial<JobLimits>; ffmpeg?: string | null } = {},
): Promise<InspectedFile> {
  const nowhere = { base: directory, site: { url: 'http://source.invalid' } };
  const job = jobFor(nowhere, '/', limits, { choice });
  const path = join(directory, 'source.media');
  await writeFile(path, await mediaBytes(tools.ffmpeg ?? '', name));
  const part = await inspectFile(job, path, tools);
  return assemble(job, { parts: [part], directory, tools: { ...tools, ffmpeg }, isSegmented: false });
}

async function codeOf(...asked: Parameters<typeof made>): Promise<string> {
  const failure: unknown = await made(...asked).then(
    () => null,
    (error: unknown) => error,
  );
  return failure instanceof JobFailure ? failure.failure.code : String(failure);
}

describe.skipIf(!tools.ffmpeg)('the file that is made of a downloaded one', () => {
  it.each([
    ['start.mp4', 'm4a', { extension: 'm4a', contentType: 'audio/mp4' }, 'aac'],
    ['start.mp4', 'mp3', { extension: 'mp3', contentType: 'audio/mpeg' }, 'mp3'],
    ['movie.mkv', 'opus', { extension: 'opus', contentType: 'audio/ogg' }, 'opus'],
    ['movie.webm', 'opus', { extension: 'opus', contentType: 'audio/ogg' }, 'opus'],
    ['movie.avi', 'flac', { extension: 'flac', contentType: 'audio/flac' }, 'flac'],
    ['sound.ogg', 'wav', { extension: 'wav', contentType: 'audio/wav' }, 'pcm-s16'],
  ] as const)('of %s as %s is audio in that format', async (name, audioFormat, type, audioCodec) => {
    const file = await made(name, { audioFormat });
    expect(file).toMatchObject({ ...type, facts: { videoCodec: null, audioCodec } });
    expect(file.facts.durationSeconds).toBeCloseTo(6, 0);
    expect(await readdir(directory)).toEqual(['output.media']);
  });

  it('has the bit rate that the quality asks for', async () => {
    const low = await made('sound.wav', { audioFormat: 'mp3', audioQuality: 'low' });
    expect((low.sizeBytes * 8) / 6).toBeGreaterThan(56_000);
    expect((low.sizeBytes * 8) / 6).toBeLessThan(76_000);
  });

  it.each([
    ['sound.mp3', { audioFormat: 'mp3' }],
    ['sound.flac', { audioFormat: 'flac', audioQuality: 'low' }],
    ['sound.wav', { audioFormat: 'wav' }],
    ['sound.opus', { audioFormat: 'opus' }],
    ['audio.m4a', { audioFormat: 'm4a' }],
    ['audio.m4a', { includeVideo: false }],
    ['start.mp4', {}],
    ['start.mp4', { videoQuality: 144, container: 'mp4' }],
    ['movie.webm', { container: 'webm', includeVideo: true }],
    // A container that cannot hold the codecs.
    ['start.mp4', { container: 'webm' }],
    ['still.png', { container: 'mp4' }],
  ] as const)('is %s itself for %j', async (name, choice) => {
    const file = await made(name, { ...choice });
    expect(file.path).toBe(join(directory, 'source.media'));
  });

  it.each([
    ['start.mp4', { includeVideo: false }, 'm4a', null, 'aac'],
    ['start.mp4', { includeAudio: false }, 'mp4', 'avc', null],
    ['movie.webm', { includeVideo: false }, 'webm', null, 'opus'],
    ['movie.avi', { includeVideo: false }, 'mp3', null, 'mp3'],
    ['movie.mkv', { container: 'mp4' }, 'mp4', 'avc', 'aac'],
    ['start.mp4', { container: 'mkv' }, 'mkv', 'avc', 'aac'],
    ['movie.webm', { container: 'mkv', includeVideo: false }, 'mka', null, 'opus'],
  ] as const)('of %s for %j is %s', async (name, choice, extension, videoCodec, audioCodec) => {
    const file = await made(name, { ...choice });
    expect(file).toMatchObject({ extension, facts: { videoCodec, audioCodec } });
    expect(file.facts.durationSeconds).toBeCloseTo(6, 0);
  });

  it.each([
    ['video.mp4', { includeVideo: false }, 'no_audio_track'],
    ['video.mp4', { audioFormat: 'mp3' }, 'no_audio_track'],
    ['sound.mp3', { includeAudio: false }, 'no_video_track'],
    ['still.png', { includeVideo: false }, 'no_audio_track'],
  ] as const)('of %s for %j is refused: %s', async (name, choice, code) => {
    expect(await codeOf(name, { ...choice })).toBe(code);
  });

  it('needs ffmpeg only for what changes the file', async () => {
    expect(await codeOf('start.mp4', { includeVideo: false }, { ffmpeg: null })).toBe(
      'converter_unavailable',
    );
    // Only a preference.
    expect((await made('start.mp4', { container: 'mkv' }, { ffmpeg: null })).extension).toBe('mp4');
  });

  it('is not converted beyond the size that the service allows', async () => {
    const limits = { maxBytes: 300_000 };
    expect(await codeOf('sound.opus', { audioFormat: 'wav' }, { limits })).toBe('source_too_large');
  });
});
