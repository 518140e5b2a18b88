import { describe, expect, it } from 'vitest';
import type { ImportRequest } from '../../../worker/contract/api/import-request.ts';
import type { placements } from '../../../worker/db/tables/artifacts.ts';
import { describeStorage } from '../../../worker/views/storage-view.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob, makePlacement } from '../support/rows.ts';

type Values = Partial<typeof placements.$inferInsert>;
const STORED: Values = {
  destinationId: 'd',
  bucket: 'your-bucket',
  key: 'videos/2024/my-video.mp4',
  url: 'https://your-bucket.s3.us-east-1.amazonaws.com/videos/2024/my-video.mp4',
};
const REFUSED: Values = {
  destinationId: 'd',
  status: 'aborted',
  errorCode: 'storage_access_denied',
  errorDetail: 'HTTP 403',
};

async function given(request: Partial<ImportRequest>, values: Values, failed?: Values) {
  const ctx = makeCtx();
  const job = await makeJob(ctx, {
    status: 'completed',
    attempt: 1,
    request: { url: 'https://media.example/a.mp4', ...request },
  });
  const placement = await makePlacement(ctx, job, values);
  const { artifactId } = placement;
  const failedPlacement = failed ? await makePlacement(ctx, job, { ...failed, artifactId }) : null;
  return describeStorage(ctx, { job, artifact: null, placement, destination: null, failedPlacement });
}

const signedLink = expect.stringMatching(
  /^http:\/\/127\.0\.0\.1:8787\/media\/.+\?expires=\d+&signature=[\w-]{43}$/,
);
const inAnHour = () => Date.now() + 3600_000;

describe('the location of a file in the view', () => {
  it("is the customer's bucket, with Importly's members", async () => {
    expect(await given({ store: true }, STORED)).toEqual({
      mediaUrl: STORED.url,
      s3Storage: { url: STORED.url, bucket: STORED.bucket, key: STORED.key },
      storage: { status: 'stored', bucket: STORED.bucket, key: STORED.key },
    });
  });

  it('is omitted when storageReturnLocation is false', async () => {
    expect(await given({ store: true, storageReturnLocation: false }, STORED)).toEqual({
      mediaUrl: STORED.url,
      storage: { status: 'stored' },
    });
  });

  it("is the customer's bucket when an earlier upload to it was lost", async () => {
    const lost = { ...REFUSED, errorCode: 'storage_upload_lost' as const };
    expect((await given({ store: true }, STORED, lost)).storage).toMatchObject({ status: 'stored' });
  });

  it('is service storage, with a new link', async () => {
    const expiresAt = inAnHour();
    expect(await given({}, { expiresAt })).toEqual({
      mediaUrl: signedLink,
      storage: { status: 'service', expiresAt: new Date(expiresAt).toISOString() },
    });
  });

  it('is service storage when no bucket is configured', async () => {
    const answer = await given({ store: true }, { expiresAt: inAnHour() });
    expect(answer.storage).toMatchObject({ status: 'service', reason: 'storage_not_configured' });
  });

  it('is service storage after a fallback, with the reason', async () => {
    const answer = await given({ store: true }, { expiresAt: inAnHour() }, REFUSED);
    expect(answer).toMatchObject({
      mediaUrl: signedLink,
      storage: {
        status: 'fallback',
        error: {
          code: 'storage_access_denied',
          message: 'The bucket denied the upload. (HTTP 403)',
          hint: expect.stringContaining('s3:PutObject'),
          retryable: false,
        },
      },
    });
    expect(answer).not.toHaveProperty('s3Storage');
  });

  it.each([
    ['its time is over', { expiresAt: 1 }],
    ['it was swept', { expiresAt: 1, status: 'expired' as const }],
  ])('is null when %s', async (_, values) => {
    expect((await given({}, values)).mediaUrl).toBeNull();
  });
});
