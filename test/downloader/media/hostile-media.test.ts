import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMedia } from '../../../downloader/media/check.ts';
import { memoryReader } from '../../../downloader/media/reader.ts';
import { sniff, SNIFF_BYTES } from '../../../downloader/media/sniff.ts';
import { createStreamCheck } from '../../../downloader/media/stream-check.ts';
import type { Failure } from '../../../worker/contract/failure.ts';
import type { MediaFacts } from '../../../worker/contract/media.ts';
import { MEDIA_NAMES, mediaBytes } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { outcomeOf, pushAll } from './outcome.ts';

const { ffmpeg } = await mediaTools();
const TOOLS = {
  limits: { maxDurationSeconds: 3600 },
  signal: new AbortController().signal,
  // The kinds that need it are ffmpeg's own affair; here it is about our readers.
  ffmpeg: null,
  confinement: null,
};

const KNOWN = [
  'media_truncated',
  'media_unreadable',
  'not_media',
  'source_too_long',
  'media_check_unavailable',
];

/** Files with an index or with clusters, whose middle is passed over when going back is possible. */
const SHORTCUTS = /^indexed|\.(?:mkv|webm)$/;

const mutation = fc.record({
  /** Mostly near the start, where the structure is. */
  at: fc.oneof(fc.nat(2000), fc.nat(700_000)),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
});

function isSound(outcome: MediaFacts | Failure): boolean {
  if ('code' in outcome) return KNOWN.includes(outcome.code);
  return (outcome.durationSeconds ?? outcome.width ?? 0) > 0;
}

describe.skipIf(!ffmpeg)('a damaged file', () => {
  it.each(MEDIA_NAMES)(
    'made from %s gives facts or a known failure, the same in both ways of reading',
    async (name) => {
      const original = await mediaBytes(ffmpeg ?? '', name);
      await fc.assert(
        fc.asyncProperty(
          fc.array(mutation, { minLength: 1, maxLength: 5 }),
          fc.double({ min: 0.01, max: 1, noNaN: true }),
          async (mutations, share) => {
            const damaged = original.slice(0, Math.ceil(original.length * share));
            for (const { at, bytes } of mutations)
              damaged.set(bytes.slice(0, damaged.length), at % Math.max(1, damaged.length - 8));
            const sniffed = await sniff(damaged.subarray(0, SNIFF_BYTES));
            const atRandom = await outcomeOf(checkMedia(memoryReader(damaged), sniffed, TOOLS));
            const inOrder = await outcomeOf(pushAll(createStreamCheck(sniffed, TOOLS), damaged, 9000));
            expect([atRandom, inOrder].filter((outcome) => !isSound(outcome))).toEqual([]);
            // At random, what lies between the parts that matter is not looked at, so it may be passed.
            const isStricter = 'code' in inOrder && !('code' in atRandom) && SHORTCUTS.test(name);
            expect('code' in inOrder).toBe('code' in atRandom || isStricter);
          },
        ),
        { numRuns: 25 },
      );
    },
  );
});
