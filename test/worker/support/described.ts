/** Metadata jobs for tests: a source that is described, and calls that start and end its job. */
import { mintAttemptToken } from '../../../worker/attempts/attempt-token.ts';
import type { Description, SourceMetadata } from '../../../worker/contract/downloader/metadata.ts';
import type { MediaFormat } from '../../../worker/contract/choice/media-format.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { refOf } from './claimed.ts';
import type { TestApi } from './make-api.ts';

export const URL_OF_PAGE = 'https://video.example.com/watch?v=1';

const VIDEO: MediaFormat = {
  id: '137',
  hasVideo: true,
  hasAudio: false,
  videoCodec: 'avc',
  audioCodec: null,
  extension: 'mp4',
  width: 1080,
  height: 1920,
  framesPerSecond: 30,
  bitsPerSecond: 4_000_000,
  videoBitsPerSecond: 4_000_000,
  audioBitsPerSecond: null,
  sizeBytes: 31_457_280,
  estimatedBytes: null,
  isSegmented: false,
  languagePreference: -1,
  isLastResort: false,
};
const AUDIO: MediaFormat = {
  ...VIDEO,
  id: 'a b,c',
  hasVideo: false,
  hasAudio: true,
  videoCodec: null,
  audioCodec: 'opus',
  extension: 'webm',
  width: null,
  height: null,
  framesPerSecond: null,
  videoBitsPerSecond: null,
  audioBitsPerSecond: 128_000,
  bitsPerSecond: 128_000,
  sizeBytes: null,
};

export const METADATA: SourceMetadata = {
  title: 'A film',
  durationSeconds: 60,
  thumbnail: 'https://img.example.com/1.jpg',
  uploader: 'Somebody',
  sourceId: '1',
  chapters: [{ title: 'Intro', startSeconds: 0, endSeconds: 10 }],
  formats: [AUDIO, VIDEO],
  estimate: { formatIds: ['137', 'a b,c'], bytes: 32_417_280, isExact: false, refusal: null },
};
export const SOURCE = { way: 'ytdlp' as const, reason: 'The URL answered with a page.' };
export const DESCRIPTION: Description = { metadata: METADATA, source: SOURCE };

export interface Body {
  success: boolean;
  code?: string;
  error?: string;
  fields?: { field: string }[];
  data: { jobId: string; status: string } & Record<string, unknown>;
}

export async function start(
  api: TestApi,
  path: string,
  body: object = { url: URL_OF_PAGE },
): Promise<string> {
  return (await (await api.call('POST', path, body)).json<Body>()).data.jobId;
}

/** Claims the only job, and returns its attempt. */
export async function claim({ ctx }: TestApi) {
  const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
  return { job, ref: refOf(job), token: await mintAttemptToken(ctx, refOf(job)) };
}

export async function complete(api: TestApi, description: Description = DESCRIPTION) {
  const { ref } = await claim(api);
  return completeJob(api.ctx, { ref, report: { warnings: [], description } });
}

export const statusOf = async (api: TestApi, path: string, id: string) =>
  (await (await api.call('GET', `${path}/status?id=${id}`)).json<Body>()).data;
