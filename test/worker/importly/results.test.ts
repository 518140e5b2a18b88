/** Every documented status and result. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { SourceMetadata } from '../../../worker/contract/downloader/metadata.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { refOf } from '../support/claimed.ts';
import { DESCRIPTION, METADATA, SOURCE, type Body } from '../support/described.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { OFFLINE } from '../transfers/imported.ts';
import { downloadToService, importToBucket } from './downloads.ts';
import { asPublished, withValues } from './published.ts';

beforeEach(emptyTables);

const GUIDE_ID = '550e8400-e29b-41d4-a716-446655440000';
/** The answer in the guide of S3 storage. */
const COMPLETED_IMPORT = `{
  "success": true,
  "data": {
    "jobId": "550e8400-e29b-41d4-a716-446655440000",
    "status": "completed",
    "mediaUrl": "https://your-bucket.s3.us-east-1.amazonaws.com/videos/2024/my-video.mp4",
    "s3Storage": {
      "url": "https://your-bucket.s3.us-east-1.amazonaws.com/videos/2024/my-video.mp4",
      "bucket": "your-bucket",
      "key": "videos/2024/my-video.mp4"
    },
    "title": "Video Title",
    "duration": 240,
    "fileSizeBytes": 15728640,
    "costInDollars": 0.05
  }
}`;

/** The answer of the older documentation, with one of its formats. Ours are those of the source, so their values differ. */
const COMPLETED_METADATA = `{
  "success": true,
  "data": {
    "title": "Sample Video",
    "duration": 314,
    "availableFormats": [
      {
        "formatId": "18",
        "selector": "18",
        "ext": "mp4",
        "quality": "1080p",
        "costInCredits": 30,
        "description": "1080p mp4 (avc, aac)",
        "height": 1080,
        "isAudioOnly": false,
        "codec": {
          "video": "avc",
          "audio": "aac"
        }
      }
    ]
  }
}`;

describe('GET /import/status', () => {
  it('answers the import of the guide letter for letter, uploaded to the bucket of the guide (strict stand-in for Amazon S3)', async () => {
    const { api, jobId } = await importToBucket();
    const answer = await api.call('GET', `/import/status?id=${jobId}`);
    expect(answer.status).toBe(200);
    const expected = withValues(COMPLETED_IMPORT, { [GUIDE_ID]: jobId });
    expect(asPublished(await answer.json(), COMPLETED_IMPORT)).toBe(expected);
  });

  it('answers an import without storage with the same members, but s3Storage', async () => {
    const api = await makeApi(makeCtx(OFFLINE));
    const started = await api.call('POST', '/import', { url: 'https://example.com/video.mp4' });
    const { jobId } = (await started.json<Body>()).data;
    await downloadToService(api, 1_000_000);
    const { data } = await (await api.call('GET', `/import/status?id=${jobId}`)).json<Body>();
    expect(data).toMatchObject({
      jobId,
      status: 'completed',
      title: 'Video Title',
      fileSizeBytes: 1_000_000,
    });
    expect(data['mediaUrl']).toMatch(/^http.*\/media\//);
    expect(data).not.toHaveProperty('s3Storage');
  });
});

describe('GET /metadata/status', () => {
  it('answers the members of the older documentation, letter for letter', async () => {
    const api = await makeApi(makeCtx(OFFLINE));
    const started = await api.call('GET', '/metadata?url=https://example.com/video.mp4');
    const { jobId } = (await started.json<Body>()).data;
    const job = (await claimNext(api.ctx, { slot: 'slot-0' }))!;
    const [, video] = METADATA.formats;
    const format = {
      ...video!,
      id: '18',
      hasAudio: true,
      audioCodec: 'aac',
      width: 1920,
      height: 1080,
      sizeBytes: 100_000_000,
    } as const;
    const metadata: SourceMetadata = {
      ...METADATA,
      title: 'Sample Video',
      durationSeconds: 314,
      formats: [format],
    };
    await completeJob(api.ctx, {
      ref: refOf(job),
      report: { warnings: [], description: { metadata, source: SOURCE } },
    });
    const answer = await api.call('GET', `/metadata/status?id=${jobId}`);
    expect(asPublished(await answer.json(), COMPLETED_METADATA)).toBe(COMPLETED_METADATA);
  });
});

describe('GET /metadata/basic/status', () => {
  it('answers title, duration and thumbnail ([I]: the name of its parameter, id, is that of the other calls)', async () => {
    const api = await makeApi(makeCtx(OFFLINE));
    const started = await api.call('GET', '/metadata/basic?url=https://example.com/video.mp4');
    const { jobId } = (await started.json<Body>()).data;
    const job = (await claimNext(api.ctx, { slot: 'slot-0' }))!;
    await completeJob(api.ctx, { ref: refOf(job), report: { warnings: [], description: DESCRIPTION } });
    const answer = await api.call('GET', `/metadata/basic/status?id=${jobId}`);
    expect(await answer.json()).toMatchObject({
      success: true,
      data: { jobId, status: 'completed', title: 'A film', duration: 60, thumbnail: METADATA.thumbnail },
    });
  });
});

describe.each([
  ['/import', 'POST'],
  ['/metadata', 'POST'],
  ['/metadata/basic', 'POST'],
])('%s/status', (path, method) => {
  it('has the documented statuses queued, processing (from a heading) and failed', async () => {
    const api = await makeApi(makeCtx(OFFLINE));
    const started = await api.call(method, path, { url: 'https://example.com/video.mp4' });
    const { jobId } = (await started.json<Body>()).data;
    const read = async () => (await api.call('GET', `${path}/status?id=${jobId}`)).json<Body>();
    expect(await read()).toMatchObject({ success: true, data: { jobId, status: 'queued' } });
    const job = (await claimNext(api.ctx, { slot: 'slot-0' }))!;
    expect(await read()).toMatchObject({ success: true, data: { jobId, status: 'processing' } });
    const report = { failure: { code: 'source_not_found' }, source: null } as const;
    await failJob(api.ctx, { ref: refOf(job), report });
    expect(await read()).toMatchObject({
      success: true,
      data: { jobId, status: 'failed', costInDollars: 0 },
    });
  });
});
