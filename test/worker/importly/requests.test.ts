/** Every documented request, with every documented parameter. */
import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { toMediaChoice } from '../../../worker/contract/api/media-choice.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { OFFLINE } from '../transfers/imported.ts';

let api: TestApi;
beforeAll(async () => {
  api = await makeApi(makeCtx(OFFLINE));
});

const URL = 'https://example.com/video.mp4';
const HOOK = 'https://your-app.com/api/importly-webhook';
const SELECTOR = 'bestvideo[height<=1080][vcodec^=avc1]+bestaudio[ext=m4a]/best[height<=1080][ext=mp4]';

/** What a client sends for a JSON text, character for character. Returns the text of the answer with the id of its job. */
async function send(method: string, path: string, body?: string) {
  const { anonymous, apiKey } = api;
  const answer = await anonymous(path, {
    method,
    headers: {
      Authorization: `Bearer ${apiKey}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  return { status: answer.status, text, id: /"jobId":"([^"]+)"/.exec(text)?.[1] ?? '' };
}

const jobOf = (id: string) => api.ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) });
const queued = (id: string, message: string) =>
  `{"success":true,"data":{"jobId":"${id}","status":"queued","message":"${message}"}}`;

describe('POST /import', () => {
  it.each<[string, object, object | null]>([
    ['the default quality', {}, null],
    ['without video', { includeVideo: false }, { includeVideo: false }],
    ['without audio', { includeAudio: false }, { includeAudio: false }],
    ['with both', { includeVideo: true, includeAudio: true }, { includeVideo: true, includeAudio: true }],
    ...['lowest', '144p', '240p', '360p', '480p', '720p', '1080p', '1440p', '2160p', 'best'].map(
      (videoQuality): [string, object, object] => [
        `videoQuality ${videoQuality}`,
        { videoQuality },
        { videoQuality: /^\d/.test(videoQuality) ? Number.parseInt(videoQuality, 10) : videoQuality },
      ],
    ),
    ...['lowest', 'low', 'medium', 'high', 'best'].map((audioQuality): [string, object, object] => [
      `audioQuality ${audioQuality}`,
      { audioQuality },
      { audioQuality },
    ]),
    ...['360p', '480p', '720p', '1080p'].map((format): [string, object, object] => [
      `the older format ${format}`,
      { format },
      { videoQuality: Number.parseInt(format, 10) },
    ]),
    ['the older format 720, a number', { format: 720 }, { videoQuality: 720 }],
    ['an older format selector', { format: SELECTOR }, { selector: SELECTOR }],
    ['an older format, which overrides quality', { format: '720p', quality: 'low' }, { videoQuality: 720 }],
    [
      'the older quality low ([I]: Importly does not say how many lines)',
      { quality: 'low' },
      { videoQuality: 360 },
    ],
    ['the older quality medium ([I])', { quality: 'medium' }, { videoQuality: 720 }],
    ['the older quality high ([I])', { quality: 'high' }, { videoQuality: 'best' }],
  ])('takes %s', async (_name, fields, choice) => {
    const { status, id } = await send('POST', '/import', JSON.stringify({ url: URL, ...fields }));
    expect(status).toBe(200);
    const job = (await jobOf(id))!;
    expect(job.request).toEqual({ url: URL, ...fields });
    expect(toMediaChoice(job.request) ?? null).toEqual(choice);
  });

  it.each([
    ['STANDARD'],
    ['INTELLIGENT_TIERING'],
    ['STANDARD_IA'],
    ['ONEZONE_IA'],
    ['GLACIER'],
    ['DEEP_ARCHIVE'],
  ])('takes every storage parameter, with the storage class %s', async (storageClass) => {
    const body = `{
  "url": "https://youtube.com/watch?v=dQw4w9WgXcQ",
  "store": true,
  "storagePath": "videos/2024",
  "storageFilename": "my-video",
  "storageBucket": "my-other-bucket",
  "storageClass": "${storageClass}",
  "storageReturnLocation": true
}`;
    const { status, id } = await send('POST', '/import', body);
    expect(status).toBe(200);
    expect((await jobOf(id))?.request).toEqual(JSON.parse(body));
  });

  it.each(['webhookUrl', 'webhook_url'])(
    'is queued with %s, and says so ([I]: the answer of /import is in no stored page; that of /metadata is)',
    async (name) => {
      const { text, id } = await send('POST', '/import', JSON.stringify({ url: URL, [name]: HOOK }));
      expect(text).toBe(queued(id, "Import request queued. You will receive a webhook when it's complete."));
      expect((await jobOf(id))?.request).toEqual({ url: URL, webhookUrl: HOOK });
    },
  );

  it('is queued without a webhook ([I])', async () => {
    const { text, id } = await send('POST', '/import', `{"url":"${URL}"}`);
    expect(text).toBe(queued(id, 'Import request queued.'));
  });
});

describe.each([
  ['/metadata', 'metadata', 'Metadata request queued.'],
  ['/metadata/basic', 'basic_metadata', 'Basic metadata request queued.'],
])('%s', (path, kind, message) => {
  it('is queued by GET with the URL as it is in the documentation, unencoded', async () => {
    const { text, id } = await send('GET', `${path}?url=${URL}`);
    expect(text).toBe(queued(id, message));
    expect(await jobOf(id)).toMatchObject({ kind, request: { url: URL } });
  });

  it('is queued by POST', async () => {
    const { text, id } = await send('POST', path, `{\n  "url": "${URL}"\n}`);
    expect(text).toBe(queued(id, message));
    expect(await jobOf(id)).toMatchObject({ kind, request: { url: URL } });
  });

  it('is queued by POST with webhookUrl, and says so', async () => {
    const body = `{\n  "url": "${URL}",\n  "webhookUrl": "https://your-app.com/webhook"\n}`;
    const { text, id } = await send('POST', path, body);
    expect(text).toBe(queued(id, `${message} You will receive a webhook when it's complete.`));
    expect((await jobOf(id))?.request).toEqual(JSON.parse(body));
  });

  it('takes webhook_url, the older spelling, too ([I])', async () => {
    const { id } = await send('POST', path, JSON.stringify({ url: URL, webhook_url: HOOK }));
    expect((await jobOf(id))?.request).toEqual({ url: URL, webhookUrl: HOOK });
  });
});
