import { describe, expect, it } from 'vitest';
import { ImportRequest } from '../../../worker/contract/api/import-request.ts';
import { toMediaChoice } from '../../../worker/contract/api/media-choice.ts';
import { MediaChoice } from '../../../worker/contract/choice/media-choice.ts';

const URL = 'https://example.com/v';

/** The choice that a body makes, in the form of a command. */
function choiceOf(body: object): MediaChoice | null {
  const choice = toMediaChoice(ImportRequest.parse({ url: URL, ...body }));
  return choice && MediaChoice.parse(choice);
}

/** `field: message` of every problem. */
function problemsOf(body: object): string[] {
  const parsed = ImportRequest.safeParse({ url: URL, ...body });
  return parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}

describe('a choice', () => {
  it.each([
    [{}, null],
    [{ store: true, maxBytes: 5 }, null],
    [{ includeVideo: false }, { includeVideo: false }],
    [
      { includeVideo: true, includeAudio: true },
      { includeVideo: true, includeAudio: true },
    ],
    [{ videoQuality: '1080p' }, { videoQuality: 1080 }],
    [
      { videoQuality: 'lowest', audioQuality: 'high' },
      { videoQuality: 'lowest', audioQuality: 'high' },
    ],
    [
      { container: 'mkv', videoCodec: 'h264' },
      { container: 'mkv', videoCodecs: ['avc'] },
    ],
    [
      { videoCodec: ['av1', 'h265'], audioCodec: ['opus'] },
      { videoCodecs: ['av1', 'hevc'], audioCodecs: ['opus'] },
    ],
    [{ audioFormat: 'mp3' }, { audioFormat: 'mp3' }],
    // The older fields of Importly.
    [{ format: '720p' }, { videoQuality: 720 }],
    [{ format: 720 }, { videoQuality: 720 }],
    [{ format: '540' }, { videoQuality: 540 }],
    [{ format: 'best' }, { videoQuality: 'best' }],
    [{ format: 'bestaudio' }, { includeVideo: false, audioQuality: 'best' }],
    [{ format: '137+140/18' }, { selector: '137+140/18' }],
    [{ format: 'bv*[height<=720]+ba' }, { selector: 'bv*[height<=720]+ba' }],
    [{ format: 'constructor' }, { selector: 'constructor' }],
    [{ quality: 'low' }, { videoQuality: 360 }],
    [{ quality: 'high' }, { videoQuality: 'best' }],
    [{ format: '480p', quality: 'high' }, { videoQuality: 480 }],
    [{ quality: 'low', videoQuality: '1080p' }, { videoQuality: 1080 }],
  ])('of %j is %j', (body, choice) => {
    expect(choiceOf(body)).toEqual(choice);
  });

  it.each([
    [{ includeVideo: false, includeAudio: false }, 'includeAudio: nothing is left'],
    [{ format: 'bestaudio', includeAudio: false }, 'includeAudio: nothing is left'],
    [{ audioFormat: 'mp3', includeVideo: true }, 'audioFormat: takes the audio alone'],
    [{ audioFormat: 'mp3', includeAudio: false }, 'audioFormat: needs audio'],
    [{ audioFormat: 'mp3', container: 'mp4' }, 'container: audioFormat already decides'],
    [{ format: '720p', videoQuality: '720p' }, 'format: decides the quality as videoQuality does'],
    [{ format: 'bv,ba' }, 'format: must be a quality'],
    [{ format: "bv[ext='mp4']" }, 'format: must be a quality'],
    [{ format: 0 }, 'format: '],
    [{ format: '' }, 'format: '],
    [{ videoQuality: '1081p' }, 'videoQuality: '],
    [{ videoQuality: 1080 }, 'videoQuality: '],
    [{ audioQuality: 'HIGH' }, 'audioQuality: '],
    [{ includeVideo: 'false' }, 'includeVideo: '],
    [{ container: 'avi' }, 'container: '],
    [{ videoCodec: [] }, 'videoCodec: '],
    [{ videoCodec: 'aac' }, 'videoCodec: '],
    [{ audioFormat: 'wma' }, 'audioFormat: '],
    [{ maxBytes: 0 }, 'maxBytes: '],
    [{ maxBytes: 1.5 }, 'maxBytes: '],
    [{ maxBytes: 1e300 }, 'maxBytes: '],
    [{ maxDurationSeconds: -1 }, 'maxDurationSeconds: '],
    [{ maxCostInDollars: -0.01 }, 'maxCostInDollars: '],
    [{ maxCostInDollars: '1' }, 'maxCostInDollars: '],
  ])('of %j is refused', (body, problem) => {
    expect(problemsOf(body).join('\n')).toContain(problem);
  });
});
