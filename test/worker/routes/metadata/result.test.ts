import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { makeCommand } from '../../../../worker/jobs/dispatch-job.ts';
import {
  claim,
  complete,
  DESCRIPTION,
  METADATA,
  SOURCE,
  start,
  statusOf,
  URL_OF_PAGE,
  type Body,
} from '../../support/described.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';

beforeEach(emptyTables);

it('describes a completed source with formats, older formats, costs and an estimate', async () => {
  const api = await makeApi();
  const id = await start(api, '/metadata');
  expect(await complete(api)).toEqual({ directive: 'continue' });
  const { createdAt, startedAt, finishedAt, ...data } = await statusOf(api, '/metadata', id);
  expect(createdAt && startedAt && finishedAt).toBeTruthy();
  expect(data).toEqual({
    jobId: id,
    attempt: 1,
    status: 'completed',
    title: 'A film',
    duration: 60,
    thumbnail: 'https://img.example.com/1.jpg',
    uploader: 'Somebody',
    chapters: [{ title: 'Intro', startSeconds: 0, endSeconds: 10 }],
    formats: [
      expect.objectContaining({
        formatId: 'a b,c',
        quality: null,
        // 128 kbit/s for a minute.
        fileSizeBytes: 960_000,
        isSizeExact: false,
        costInMicrodollars: 2880,
      }),
      {
        formatId: '137',
        extension: 'mp4',
        hasVideo: true,
        hasAudio: false,
        quality: '1080p',
        width: 1080,
        height: 1920,
        framesPerSecond: 30,
        videoCodec: 'avc',
        audioCodec: null,
        bitsPerSecond: 4_000_000,
        videoBitsPerSecond: 4_000_000,
        audioBitsPerSecond: null,
        fileSizeBytes: 31_457_280,
        isSizeExact: true,
        costInDollars: 0.09,
        costInMicrodollars: 94_372,
      },
    ],
    availableFormats: [
      {
        formatId: 'a b,c',
        selector: 'bestaudio',
        ext: 'webm',
        quality: '128 kbit/s',
        costInCredits: 0,
        description: '128 kbit/s webm (opus), audio only',
        height: null,
        isAudioOnly: true,
        codec: { video: null, audio: 'opus' },
      },
      {
        formatId: '137',
        selector: '137+bestaudio',
        ext: 'mp4',
        quality: '1080p',
        costInCredits: 9,
        description: '1080p mp4 (avc), video only',
        height: 1920,
        isAudioOnly: false,
        codec: { video: 'avc', audio: null },
      },
    ],
    estimate: {
      importable: true,
      reason: null,
      formatIds: ['137', 'a b,c'],
      fileSizeBytes: 32_417_280,
      isSizeExact: false,
      costInDollars: 0.1,
      costInMicrodollars: 97_252,
    },
    costInDollars: 0.01,
    costInMicrodollars: 10_000,
    source: SOURCE,
  });
});

it('tells why an import with these options would fail', async () => {
  const api = await makeApi();
  const id = await start(api, '/metadata');
  const estimate = {
    formatIds: [],
    bytes: null,
    isExact: false,
    refusal: { code: 'drm_protected' as const },
  };
  await complete(api, { ...DESCRIPTION, metadata: { ...METADATA, formats: [], estimate } });
  const { estimate: shown } = await statusOf(api, '/metadata', id);
  expect(shown).toMatchObject({
    importable: false,
    reason: { code: 'drm_protected', message: 'The media is protected by DRM.' },
    fileSizeBytes: null,
    costInDollars: null,
  });
});

it('of basic metadata shows title, duration and thumbnail alone', async () => {
  const api = await makeApi();
  const id = await start(api, '/metadata/basic');
  await complete(api, {
    ...DESCRIPTION,
    metadata: { ...METADATA, formats: [], chapters: [], estimate: null },
  });
  const {
    createdAt: _,
    startedAt: _started,
    finishedAt: _finished,
    ...data
  } = await statusOf(api, '/metadata/basic', id);
  expect(data).toEqual({
    jobId: id,
    attempt: 1,
    status: 'completed',
    title: 'A film',
    duration: 60,
    thumbnail: 'https://img.example.com/1.jpg',
    costInDollars: 0.01,
    costInMicrodollars: 10_000,
    source: SOURCE,
  });
});

it('sends the choice and the limits of the request to the downloader', async () => {
  const api = await makeApi();
  await start(api, '/metadata', { url: URL_OF_PAGE, videoQuality: '720p', maxDurationSeconds: 5 });
  const { job } = await claim(api);
  const command = await makeCommand(api.ctx, { slot: 'slot-0', job });
  expect(command).toMatchObject({
    kind: 'metadata',
    source: { url: URL_OF_PAGE },
    choice: { videoQuality: 720 },
    limits: { stops: { maxDurationSeconds: 5 } },
  });
});

it('refuses a choice that contradicts itself', async () => {
  const api = await makeApi();
  const answer = await api.call('POST', '/metadata', {
    url: URL_OF_PAGE,
    includeVideo: false,
    includeAudio: false,
  });
  expect(answer.status).toBe(400);
  expect((await answer.json<Body>()).fields).toEqual([expect.objectContaining({ field: 'includeAudio' })]);
});

it('an import is not completed by a description', async () => {
  const api = await makeApi();
  await start(api, '/import');
  await expect(complete(api)).rejects.toThrow(expect.objectContaining({ code: 'invalid_request' }));
  expect(await api.ctx.db.$count(jobs, eq(jobs.status, 'processing'))).toBe(1);
});

it('waits like an import when the queue of the workspace is full', async () => {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, MAX_QUEUED_JOBS: 1 };
  const api = await makeApi(ctx);
  await start(api, '/import');
  const answer = await api.call('GET', `/metadata?url=${encodeURIComponent(URL_OF_PAGE)}`);
  expect([answer.status, (await answer.json<Body>()).code]).toEqual([429, 'queue_full']);
});

it('takes its price from PRICE_METADATA_USD', async () => {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, PRICE_METADATA_USD: 0.0125 };
  const api = await makeApi(ctx);
  const id = await start(api, '/metadata');
  await complete(api);
  expect(await statusOf(api, '/metadata', id)).toMatchObject({
    costInMicrodollars: 12_500,
    costInDollars: 0.01,
  });
});
