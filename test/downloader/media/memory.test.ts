import { describe, expect, it } from 'vitest';
import { checkMedia } from '../../../downloader/media/check.ts';
import type { RandomReader } from '../../../downloader/media/reader.ts';
import { sniff, SNIFF_BYTES } from '../../../downloader/media/sniff.ts';
import { createStreamCheck } from '../../../downloader/media/stream-check.ts';
import { box, largeLastSampleMp4, repeatedSampleMp4, uint32 } from '../../support/crafted-mp4.ts';
import { hoursOfVideo, largestTables } from '../../support/long-mp4.ts';
import { mediaBytes } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { outcomeOf } from './outcome.ts';

const { ffmpeg } = await mediaTools();
const MIB = 1024 * 1024;
const TOOLS = {
  limits: { maxDurationSeconds: 3600 },
  signal: new AbortController().signal,
  ffmpeg: null,
  confinement: null,
};

/** A file of this size of which only the start is there; the rest is zeros. */
function mostlyZeros(head: Uint8Array, sizeBytes: number): RandomReader {
  return {
    sizeBytes,
    read: (start, end) => {
      const bytes = new Uint8Array(end - start);
      bytes.set(head.subarray(start, end));
      return Promise.resolve(bytes);
    },
  };
}

const resident = () => process.memoryUsage.rss();
/** Of this thread alone, without what was used before and is kept for later. */
const buffers = () => process.memoryUsage().arrayBuffers;

/** How much this measure grows while the task runs, in bytes. The task looks at it where the event loop has no turn. */
async function growthDuring(
  measure: () => number,
  task: (look: () => void) => Promise<unknown>,
): Promise<number> {
  const before = measure();
  let most = before;
  const look = () => {
    most = Math.max(most, measure());
  };
  const interval = setInterval(look, 2);
  await task(look);
  clearInterval(interval);
  return most - before;
}

type Check = ReturnType<typeof createStreamCheck>;

/** Pushes the same stretch of a stream again and again; returns the growth of the buffers. */
function growthOfPushing(check: Check, bytes: Uint8Array, times: number): Promise<number> {
  return growthDuring(buffers, async (look) => {
    for (let count = 0; count < times; count += 1) {
      for (let at = 0; at < bytes.length; at += MIB) await check.push(bytes.slice(at, at + MIB));
      look();
    }
  });
}

describe('an MP4', () => {
  it.each([1, 500])(
    'of %i tracks whose last samples claim 400 MiB is checked in a few MiB',
    async (tracks) => {
      const sizeBytes = 1024 * MIB;
      const head = largeLastSampleMp4(sizeBytes - MIB, 400 * MIB, tracks);
      const reader = mostlyZeros(head, sizeBytes);
      const sniffed = await sniff(head.subarray(0, SNIFF_BYTES));
      // The thread of the parsers is there already.
      const warm = repeatedSampleMp4(10, 100);
      await checkMedia(mostlyZeros(warm, warm.length), sniffed, TOOLS);
      const growth = await growthDuring(resident, async () => {
        expect(await outcomeOf(checkMedia(reader, sniffed, TOOLS))).toMatchObject({ audioCodec: 'aac' });
      });
      expect(growth).toBeLessThan(100 * MIB);
    },
  );

  it('with a last sample beyond its end is cut short', async () => {
    const head = largeLastSampleMp4(0, 900_000);
    // A media box without an end, so that only the place of the sample tells.
    head.writeUInt32BE(0, head.length - 16);
    const sniffed = await sniff(head.subarray(0, SNIFF_BYTES));
    expect(await outcomeOf(checkMedia(mostlyZeros(head, MIB), sniffed, TOOLS))).toMatchObject({
      code: 'media_truncated',
    });
    expect(await outcomeOf(checkMedia(mostlyZeros(head, 2 * MIB), sniffed, TOOLS))).toMatchObject({
      audioCodec: 'aac',
    });
  });

  it.each(['sidx', 'ftyp', 'moov'])('keeps one "%s" box, however many there are', async (type) => {
    const file = repeatedSampleMp4(100, 100);
    const check = createStreamCheck(await sniff(file), TOOLS);
    await check.push(file);
    const hoard = box(type, Buffer.alloc(8 * MIB));
    const growth = await growthOfPushing(check, hoard, 40);
    expect(await outcomeOf(check.finish())).toMatchObject({ audioCodec: 'aac' });
    expect(growth).toBeLessThan(100 * MIB);
  });

  it('keeps no fragment, however large', async () => {
    const file = repeatedSampleMp4(100, 100);
    const check = createStreamCheck(await sniff(file), TOOLS);
    await check.push(file);
    const hoard = box('moof', Buffer.alloc(8 * MIB));
    const growth = await growthOfPushing(check, hoard, 40);
    expect(await outcomeOf(check.finish())).toMatchObject({ audioCodec: 'aac' });
    expect(growth).toBeLessThan(100 * MIB);
  });

  it.each([
    [
      'twelve hours at 60 frames a second',
      hoursOfVideo(12, 100 * MIB),
      { videoCodec: 'avc', audioCodec: 'aac' },
    ],
    ['the largest tables that are read', largestTables(47 * MIB, 100 * MIB), { videoCodec: 'avc' }],
  ])(
    'with the sample tables of %s is checked in less than 200 MiB',
    async (_, { head, mediaBytes }, facts) => {
      const check = createStreamCheck(await sniff(head), {
        ...TOOLS,
        limits: { maxDurationSeconds: 43_200 },
      });
      const growth = await growthDuring(resident, async () => {
        for (let at = 0; at < head.length; at += MIB) await check.push(head.subarray(at, at + MIB));
        const zeros = new Uint8Array(MIB);
        for (let at = 0; at < mediaBytes; at += MIB) await check.push(zeros.subarray(0, mediaBytes - at));
        expect(await outcomeOf(check.finish())).toMatchObject(facts);
      });
      expect(growth).toBeLessThan(200 * MIB);
    },
  );
});

describe.skipIf(!ffmpeg)('a Matroska file', () => {
  it.each([
    ['Info', 0x1549a966],
    ['Tracks', 0x1654ae6b],
  ])('keeps one %s element, however many there are', async (_, id) => {
    const file = await mediaBytes(ffmpeg ?? '', 'live.webm');
    const check = createStreamCheck(await sniff(file.subarray(0, SNIFF_BYTES)), TOOLS);
    await check.push(Uint8Array.from(file));
    const data = Buffer.alloc(8 * MIB);
    const hoard = Buffer.concat([uint32(id), Buffer.of(1, 0, 0, 0), uint32(data.length), data]);
    const growth = await growthOfPushing(check, hoard, 40);
    expect(await outcomeOf(check.finish())).toMatchObject({ width: 320 });
    expect(growth).toBeLessThan(100 * MIB);
  });
});
