import { describe, expect, it } from 'vitest';
import { Difference, explainDifferences } from '../../../worker/contract/choice/differences.ts';
import type { MediaChoice } from '../../../worker/contract/choice/media-choice.ts';
import type { MediaFacts } from '../../../worker/contract/media.ts';
import { formatsOf } from './lists.ts';

const FACTS: MediaFacts = {
  container: 'mp4',
  durationSeconds: 60,
  width: 1280,
  height: 720,
  videoCodec: 'avc',
  audioCodec: 'aac',
};

interface Case {
  facts?: Partial<MediaFacts>;
  audioBitsPerSecond?: number;
  /** Absent: the source is one file. */
  site?: string;
}

/** `field: requested → actual: reason` of each difference. */
function explain(choice: MediaChoice, { facts, audioBitsPerSecond, site }: Case = {}): string[] {
  const rates = {
    framesPerSecond: 25,
    videoBitsPerSecond: null,
    audioBitsPerSecond: audioBitsPerSecond ?? null,
  };
  const offered = site === undefined ? null : formatsOf(site);
  const found = explainDifferences(choice, { facts: { ...FACTS, ...facts }, rates, offered });
  return found.map((difference) => {
    const { field, requested, actual, reason } = Difference.parse(difference);
    return `${field}: ${requested} → ${actual}: ${reason}`;
  });
}

const ONE_FILE = 'The source is one file, which is offered in one form only.';

describe('the differences of a file from its choice', () => {
  it.each([
    [{}, {}],
    [{ videoQuality: 720 }, {}],
    [{ videoQuality: 'best', audioQuality: 'lowest' }, {}],
    [{ videoQuality: 'lowest' }, { site: 'ted' }],
    [{ includeVideo: true, includeAudio: true, container: 'mp4' }, {}],
    // 1088 lines are 1080p, and a portrait video counts by its width.
    [{ videoQuality: 1080 }, { facts: { width: 1920, height: 1088 } }],
    [{ videoQuality: 720 }, { facts: { width: 720, height: 1280 } }],
    [{ videoCodecs: ['vp9', 'avc'], audioCodecs: ['aac'] }, {}],
    [{ audioQuality: 'medium' }, { audioBitsPerSecond: 140_000 }],
    [{ audioQuality: 'low' }, {}],
    [{ container: 'mkv' }, { facts: { container: 'matroska' } }],
    [
      { includeVideo: false, audioFormat: 'mp3' },
      { facts: { container: 'mp3', videoCodec: null, audioCodec: 'mp3' } },
    ],
    // Nothing of a picture can be chosen.
    [
      { videoQuality: 144, container: 'mp4' },
      { facts: { container: 'png', videoCodec: null, audioCodec: null } },
    ],
  ] as [MediaChoice, Case][])('of %j are none: %j', (choice, found) => {
    expect(explain(choice, found)).toEqual([]);
  });

  it.each([
    [{ videoQuality: 1080 }, {}, `videoQuality: 1080p → 720p: ${ONE_FILE}`],
    [
      { videoQuality: 1080 },
      { site: 'ted' },
      'videoQuality: 1080p → 720p: The source offers 180p, 288p, 360p, 480p and 720p.',
    ],
    [
      { videoQuality: 2160, videoCodecs: ['avc'] },
      { site: 'tiktok', facts: { width: 576, height: 1024 } },
      'videoQuality: 2160p → 576p: The source offers 576p in the chosen container and codecs.',
    ],
    [
      { videoQuality: 480 },
      { site: 'facebook', facts: { width: 640, height: 360 } },
      'videoQuality: 480p → 360p: The source offers 360p, 540p, 720p and 1080p.',
    ],
    [{ audioQuality: 'low' }, { audioBitsPerSecond: 320_000 }, `audioQuality: low → 320 kbit/s: ${ONE_FILE}`],
    [
      { audioQuality: 'high' },
      { audioBitsPerSecond: 66_000, site: 'facebook' },
      'audioQuality: high → 66 kbit/s: The source offers 66 kbit/s.',
    ],
    [{ container: 'webm' }, {}, 'container: webm → mp4: webm does not hold avc or aac.'],
    [
      { container: 'mkv' },
      {},
      'container: mkv → mp4: The file is too large to be repackaged, or ffmpeg is not installed.',
    ],
    [{ videoCodecs: ['av1', 'vp9'] }, {}, `videoCodec: av1, vp9 → avc: ${ONE_FILE}`],
    [{ videoCodecs: ['av1'] }, { site: 'youtube' }, 'videoCodec: av1 → avc: The source offers vp9 and avc.'],
    [
      { audioCodecs: ['flac'] },
      { site: 'soundcloud', facts: { videoCodec: null } },
      'audioCodec: flac → aac: The source offers opus, mp3 and aac.',
    ],
    [
      { includeVideo: true },
      { site: 'soundcloud', facts: { videoCodec: null, width: null, height: null } },
      'includeVideo: true → false: The source has no video.',
    ],
    [
      { includeAudio: true },
      { facts: { audioCodec: null } },
      'includeAudio: true → false: The source has no audio.',
    ],
    [{ selector: '137+140' }, {}, `format: 137+140 → null: ${ONE_FILE}`],
  ] as [MediaChoice, Case, string][])('of %j are told: %j', (choice, found, told) => {
    expect(explain(choice, found)).toEqual([told]);
  });

  it('fit into a report, however much a site offers', () => {
    const [first] = formatsOf('youtube');
    const offered = Array.from({ length: 40 }, (_, index) => ({
      ...first!,
      audioCodec: `${index}`.repeat(30),
    }));
    const rates = { framesPerSecond: null, videoBitsPerSecond: null, audioBitsPerSecond: null };
    const found = explainDifferences({ audioCodecs: ['flac'] }, { facts: FACTS, rates, offered });
    expect(found.map((difference) => Difference.safeParse(difference).success)).toEqual([true]);
  });
});
