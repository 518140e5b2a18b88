import { describe, expect, it } from 'vitest';
import { sniff, SNIFF_BYTES } from '../../../downloader/media/sniff.ts';
import { createStreamCheck, type StreamCheck } from '../../../downloader/media/stream-check.ts';
import type { MediaFacts } from '../../../worker/contract/media.ts';
import { mediaBytes, type MediaName } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { outcomeOf } from './outcome.ts';

const { ffmpeg, confinement } = await mediaTools();
const TOOLS = {
  limits: { maxDurationSeconds: 3600 },
  signal: new AbortController().signal,
  ffmpeg,
  confinement,
};
const MIB = 1024 * 1024;
const FILLER_BYTES = 400 * MIB;

/** A stretch of the stream: bytes, or a number of zeros. */
type Stretch = Uint8Array | number;

/** A `free` box (MP4) or a Void element (Matroska) of `FILLER_BYTES`, which readers pass over. */
function filler(name: MediaName): Stretch[] {
  const header = Buffer.alloc(name.endsWith('webm') ? 9 : 8);
  if (name.endsWith('webm')) {
    header.writeUInt8(0xec, 0);
    header.writeBigUInt64BE((1n << 56n) | BigInt(FILLER_BYTES), 1);
  } else {
    header.writeUInt32BE(FILLER_BYTES + 8, 0);
    header.write('free', 4, 'latin1');
  }
  return [header, FILLER_BYTES];
}

async function pushStretches(check: StreamCheck, stretches: readonly Stretch[]) {
  const chunk = new Uint8Array(MIB);
  const before = process.memoryUsage().arrayBuffers;
  let mostBytes = 0;
  for (const stretch of stretches) {
    const length = typeof stretch === 'number' ? stretch : stretch.length;
    for (let offset = 0; offset < length; offset += MIB) {
      const bytes = Math.min(MIB, length - offset);
      if (typeof stretch === 'number') chunk.fill(0);
      else chunk.set(stretch.subarray(offset, offset + bytes));
      await check.push(chunk.subarray(0, bytes));
      mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
    }
  }
  return { facts: await check.finish(), mostBytes };
}

/** Where the second of the top boxes or the last cluster starts, to put the filler in front. */
function placeFor(name: MediaName, bytes: Uint8Array): number {
  const view = Buffer.from(bytes);
  if (name === 'live.webm') return view.lastIndexOf(Buffer.of(0x1f, 0x43, 0xb6, 0x75));
  const box = { 'start.mp4': null, 'end.mp4': 'moov', 'fragmented.mp4': 'moof' }[name as 'end.mp4'] ?? null;
  return box ? view.lastIndexOf(box, undefined, 'latin1') - 4 : bytes.length;
}

describe.skipIf(!ffmpeg)('the check of a stream of hundreds of MiB', () => {
  it.each(['start.mp4', 'end.mp4', 'fragmented.mp4', 'live.webm'] as const)(
    'checks %s in bounded memory',
    async (name) => {
      const bytes = await mediaBytes(ffmpeg ?? '', name);
      const place = placeFor(name, bytes);
      const check = createStreamCheck(await sniff(bytes.subarray(0, SNIFF_BYTES)), TOOLS);
      const stretches = [bytes.subarray(0, place), ...filler(name), bytes.subarray(place)];
      const { facts, mostBytes } = await pushStretches(check, stretches);
      expect(facts).toMatchObject({ durationSeconds: expect.closeTo(6, 0.5), width: 320 });
      // One read in the making, its copy, the tail, and what the collector has not yet taken away.
      expect(mostBytes).toBeLessThan(48 * MIB);
    },
  );

  it('checks an MP3 of hundreds of MiB by its frames', async () => {
    const bytes = await mediaBytes(ffmpeg ?? '', 'bare.mp3');
    const check = createStreamCheck(await sniff(bytes.subarray(0, SNIFF_BYTES)), TOOLS);
    const times = Math.floor((200 * MIB) / bytes.length);
    const long = { ...TOOLS, limits: { ...TOOLS.limits, maxDurationSeconds: 100 * 3600 } };
    const patient = createStreamCheck(await sniff(bytes.subarray(0, SNIFF_BYTES)), long);
    const stretches = Array.from({ length: times }, () => bytes);
    expect(await outcomeOf(pushStretches(check, stretches).then(({ facts }) => facts))).toMatchObject({
      code: 'source_too_long',
    });
    const { facts } = await pushStretches(patient, stretches);
    expect(facts.durationSeconds).toBeCloseTo((times * bytes.length) / 8000, 0);
  });

  it('fails early, without waiting for the rest', async () => {
    const bytes = Buffer.from(await mediaBytes(ffmpeg ?? '', 'start.mp4'));
    const head = Buffer.concat([
      bytes.subarray(0, bytes.readUInt32BE(0)),
      Buffer.from('\0\0\0\x01moov\0\0\x01\0\0\0\0\0', 'latin1'),
    ]);
    const check = createStreamCheck(await sniff(head), TOOLS);
    const pushing = (async (): Promise<MediaFacts> => {
      await check.push(head);
      for (let count = 0; count < 100; count += 1) await check.push(new Uint8Array(1000));
      throw new Error('it went on');
    })();
    expect(await outcomeOf(pushing)).toMatchObject({ code: 'media_unreadable' });
  });

  it('settles a push when the job is aborted', async () => {
    const controller = new AbortController();
    const bytes = await mediaBytes(ffmpeg ?? '', 'movie.avi');
    const check = createStreamCheck(await sniff(bytes), { ...TOOLS, signal: controller.signal });
    await check.push(bytes.subarray(0, 100_000));
    controller.abort(new Error('stop'));
    await expect(check.push(bytes)).rejects.toThrow('stop');
    await expect(check.finish()).rejects.toThrow('stop');
  });
});
