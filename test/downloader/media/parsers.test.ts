import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { checkMedia } from '../../../downloader/media/check.ts';
import { parseTracks } from '../../../downloader/media/parsers.ts';
import { memoryReader } from '../../../downloader/media/reader.ts';
import { sniff } from '../../../downloader/media/sniff.ts';
import { matroskaOfTracks } from '../../support/crafted-matroska.ts';
import { repeatedSampleMp4 } from '../../support/crafted-mp4.ts';
import { mediaBytes } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { outcomeOf } from './outcome.ts';

const { ffmpeg } = await mediaTools();
const TOOLS = {
  limits: { maxDurationSeconds: 36_000 },
  signal: new AbortController().signal,
  ffmpeg: null,
  confinement: null,
};

const check = async (bytes: Uint8Array) =>
  outcomeOf(checkMedia(memoryReader(bytes), await sniff(bytes.subarray(0, 65_536)), TOOLS));

async function timed<T>(task: Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startedAtMs = performance.now();
  return { result: await task, tookMs: performance.now() - startedAtMs };
}

const unreadable = (detail: string) => ({ failure: { code: 'media_unreadable', detail } });

describe('a parser', () => {
  it('that takes too long is ended', async () => {
    const { header } = matroskaOfTracks(1024 * 1024);
    await expect(parseTracks(header, 5)).rejects.toMatchObject(
      unreadable('its headers take too long to read'),
    );
  });

  it('that fills its memory is ended', async () => {
    const header = matroskaOfTracks(16 * 1024 * 1024).header;
    await expect(parseTracks(header)).rejects.toMatchObject(unreadable('its headers need too much memory'));
  });
});

describe('the check of one job', () => {
  it('does not wait for the slow checks of others', async () => {
    const slowFile = matroskaOfTracks(1024 * 1024 - 1000).file;
    const order: string[] = [];
    const done = (name: string) => (outcome: unknown) => {
      order.push(name);
      return outcome;
    };
    const slow = Array.from({ length: 4 }, () => check(slowFile).then(done('slow')));
    const quick = check(repeatedSampleMp4(100, 100)).then(done('quick'));
    expect(await quick).toMatchObject({ audioCodec: 'aac' });
    await Promise.all(slow);
    expect(order.lastIndexOf('slow')).toBe(4);
  });
});

describe.skipIf(!ffmpeg)('the size of a picture', () => {
  /** A segment for an application, as long as one may be. */
  const segment = (marker: number, fill: number) =>
    Buffer.concat([Buffer.of(0xff, marker, 0xff, 0xff), Buffer.alloc(65_533, fill)]);

  it('is found behind a profile of megabytes in a JPEG', async () => {
    const jpeg = await mediaBytes(ffmpeg ?? '', 'still.jpg');
    const profile = Array.from({ length: 100 }, () => segment(0xe2, 0xff));
    const bytes = Buffer.concat([jpeg.subarray(0, 2), ...profile, jpeg.subarray(2)]);
    const plain = await check(jpeg);
    expect(plain).toMatchObject({ container: 'jpeg', width: expect.any(Number) });
    expect(await check(bytes)).toEqual(plain);
  });

  it('is not looked for in a JPEG without end', async () => {
    const head = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
    const padding = Buffer.alloc(2_000_000, 0xff);
    const { result, tookMs } = await timed(check(Buffer.concat([head, padding, Buffer.of(0xff, 0xd9)])));
    expect(result).toMatchObject({ code: 'media_unreadable' });
    expect(tookMs).toBeLessThan(1000);
  });

  it('is found at the end of a TIFF of megabytes', async () => {
    const tiff = Buffer.from((await mediaBytes(ffmpeg ?? '', 'still.tiff')).slice());
    const plain = await check(tiff);
    const at = tiff.readUInt32LE(4);
    const directory = tiff.subarray(at);
    const bytes = Buffer.concat([tiff.subarray(0, at), Buffer.alloc(5_000_000), directory]);
    bytes.writeUInt32LE(at + 5_000_000, 4);
    expect(plain).toMatchObject({ container: 'tiff', width: expect.any(Number) });
    expect(await check(bytes)).toEqual(plain);
  });
});

it.runIf(process.platform === 'linux')(
  'runs the parsers at low priority, and the main thread at its own',
  async () => {
    await parseTracks(repeatedSampleMp4(100, 100).subarray(0, 1000)).catch(() => undefined);
    const threads = (await readdir('/proc/self/task')).map(async (id) => {
      const stat = await readFile(`/proc/self/task/${id}/stat`, 'utf8');
      return { id: Number(id), nice: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]) };
    });
    const found = await Promise.all(threads);
    const own = found.find(({ id }) => id === process.pid)?.nice ?? NaN;
    expect(found.filter(({ nice }) => nice === own + 10).length).toBeGreaterThan(0);
  },
);
