import { afterEach, describe, expect, it } from 'vitest';
import { sniff } from '../../../downloader/media/sniff.ts';
import { file } from '../../support/http-source.ts';
import { mediaBytes, type MediaName } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';
import type { StandInOptions } from '../stand-in-options.ts';
import { closeAll, failureOf, LARGE, run, SMALL, type Setting } from './one-job.ts';

const tools = await mediaTools();
afterEach(closeAll);

const serving = async (name: MediaName) => file(Buffer.from(await mediaBytes(tools.ffmpeg ?? '', name)));

/** What is stored of a direct file, with the announced type and the facts. */
async function storedOf(name: MediaName, setting: Setting) {
  const { worker, report } = await run({ handler: await serving(name), tools, ...setting });
  expect(report).toHaveProperty('completed');
  const [artifact] = worker.artifacts;
  const { facts, details } = worker.completions[0]!;
  return { bytes: worker.stored()!, artifact: artifact!, facts, details: details! };
}

describe.skipIf(!tools.ffmpeg)('a choice for a direct file', () => {
  it('stores the audio of a video without conversion', async () => {
    const { bytes, artifact, facts } = await storedOf('start.mp4', { choice: { includeVideo: false } });
    expect(facts).toMatchObject({ container: 'mp4', videoCodec: null, audioCodec: 'aac' });
    expect(artifact).toMatchObject({ title: 'a file', extension: 'm4a', sizeBytes: bytes.length });
    expect(artifact.source.reason).toContain('requested form');
  });

  it('stores the video without its audio', async () => {
    const { facts } = await storedOf('movie.webm', { choice: { includeAudio: false } });
    expect(facts).toMatchObject({ container: 'webm', videoCodec: 'vp8', audioCodec: null });
  });

  it('stores the audio in another format', async () => {
    const { bytes, artifact } = await storedOf('movie.mov', { choice: { audioFormat: 'mp3' } });
    expect(artifact).toMatchObject({ extension: 'mp3', contentType: 'audio/mpeg' });
    expect((await sniff(bytes.subarray(0, 4100))).container).toBe('mp3');
  });

  it('is reported with what the file has, and why it differs', async () => {
    const choice = { videoQuality: 1080, includeVideo: true, container: 'webm' } as const;
    const { details } = await storedOf('start.mp4', { choice });
    expect(details.rates.framesPerSecond).toBe(25);
    expect(details.rates.videoBitsPerSecond).toBeGreaterThan(500_000);
    expect(details.rates.audioBitsPerSecond).toBeGreaterThan(60_000);
    expect(details.differences.map(({ field, actual }) => [field, actual])).toEqual([
      ['videoQuality', '240p'],
      ['container', 'mp4'],
    ]);
  });

  it('is completed at a Worker of an earlier version, without the details', async () => {
    const refused: unknown[] = [];
    const onCall: StandInOptions['onCall'] = (kind, _, response, body) => {
      if (kind !== 'complete' || !Object.hasOwn(body as object, 'details')) return false;
      refused.push(body);
      const answer = { success: false, code: 'invalid_request', error: 'details: unknown field' };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      return true;
    };
    const { report, worker } = await run({ worker: { onCall } });
    expect(report).toHaveProperty('completed');
    expect(refused).toHaveLength(1);
    expect(worker.completions).toEqual([
      expect.not.objectContaining({ details: expect.anything() as unknown }),
    ]);
  });

  it.each([
    ['a quality that it does not have', 'start.mp4', { videoQuality: 1080, audioQuality: 'low' }],
    ['its own format', 'sound.mp3', { audioFormat: 'mp3' }],
    ['audio alone of audio', 'audio.m4a', { includeVideo: false }],
    ['its own container', 'movie.mkv', { container: 'mkv' }],
    ['a selector of formats', 'start.mp4', { selector: '137+140' }],
    ['nothing', 'still.png', { container: 'mp4', videoQuality: 144 }],
  ] as const)('stores the file as it is when asked for %s', async (_, name, choice) => {
    const { bytes } = await storedOf(name, { choice: { ...choice } });
    expect(bytes.equals(await mediaBytes(tools.ffmpeg ?? '', name))).toBe(true);
  });

  it.each([
    ['video.mp4', { includeVideo: false }, 'no_audio_track'],
    ['sound.mp3', { includeAudio: false }, 'no_video_track'],
    ['still.jpg', { includeVideo: false }, 'no_audio_track'],
    ['still.jpg', { includeAudio: false }, 'no_video_track'],
  ] as const)('of %s for %j ends with %s', async (name, choice, code) => {
    const failure = await failureOf({ handler: await serving(name), tools, choice: { ...choice } });
    expect(failure.code).toBe(code);
  });

  it('reports that ffmpeg is needed and missing', async () => {
    const failure = await failureOf({ handler: await serving('start.mp4'), choice: { includeVideo: false } });
    expect(failure.code).toBe('converter_unavailable');
  });
});

describe('the limits of a request', () => {
  const stops = (maxBytes: number) => ({ stops: { maxBytes, maxBytesCode: 'max_cost_exceeded' as const } });

  it('refuse a file by its declared size, before it is read', async () => {
    const failure = await failureOf({ handler: file(LARGE), limits: stops(1000) });
    expect(failure).toEqual({ code: 'max_cost_exceeded', detail: `${LARGE.length} bytes` });
  });

  it.each([
    ['small', SMALL],
    ['large', LARGE],
  ])('end a %s file of unknown size while it is read', async (_, bytes) => {
    const handler = file(bytes, { length: false, ranges: false });
    const failure = await failureOf({ handler, limits: stops(bytes.length - 1) });
    expect(failure.code).toBe('max_cost_exceeded');
  });

  it('allow a file of exactly that size', async () => {
    const { report } = await run({ limits: stops(SMALL.length) });
    expect(report).toHaveProperty('completed');
  });

  it('refuse a file that is too long', async () => {
    const failure = await failureOf({ limits: { stops: { maxDurationSeconds: 0.1 } } });
    expect(failure.code).toBe('max_duration_exceeded');
  });

  it.skipIf(!tools.ffmpeg)('count the stored file, not the source', async () => {
    const source = await mediaBytes(tools.ffmpeg ?? '', 'start.mp4');
    const choice = { includeVideo: false };
    const handler = await serving('start.mp4');
    const { report } = await run({ handler, tools, choice, limits: stops(source.length / 2) });
    expect(report).toHaveProperty('completed');
    const failure = await failureOf({ handler, tools, choice, limits: stops(1000) });
    expect(failure.code).toBe('max_cost_exceeded');
  });
});
