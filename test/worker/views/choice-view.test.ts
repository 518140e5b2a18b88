import { eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { CompleteRequest } from '../../../worker/contract/downloader/report.ts';
import { artifacts } from '../../../worker/db/tables/artifacts.ts';
import { completePlacement } from '../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../worker/storage/uploads/open-placement.ts';
import { toChoice } from '../../../worker/views/choice-view.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { artifactRequest, makeLive, putAll, someBytes } from '../support/uploads.ts';

const DETAILS = {
  rates: { framesPerSecond: 29.97, videoBitsPerSecond: 2_000_000, audioBitsPerSecond: 128_000 },
  differences: [
    {
      field: 'videoQuality' as const,
      requested: '2160p',
      actual: '1080p',
      reason: 'The source offers 1080p.',
    },
  ],
};

it('shows what an import was asked for, what its file has, and why they differ', async () => {
  const ctx = makeCtx();
  const request = { videoQuality: '2160p', maxBytes: 9000, store: false } as const;
  const live = await makeLive(ctx, request);
  const bytes = someBytes(5000);
  const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: bytes.length }) });
  const report = { ...(await putAll(ctx, live, plan, bytes)), details: DETAILS };
  await completePlacement(ctx, { live, placementId: plan.placementId, report });
  const [artifact] = await ctx.db.select().from(artifacts).where(eq(artifacts.jobId, live.job.id));
  expect(toChoice(live.job, artifact!, artifact!.facts!)).toEqual({
    requested: { videoQuality: '2160p', maxBytes: 9000 },
    actual: {
      container: 'mp4',
      width: 1920,
      height: 1080,
      videoCodec: 'h264',
      audioCodec: 'aac',
      ...DETAILS.rates,
      bitsPerSecond: 188,
    },
    differences: DETAILS.differences,
  });
  // An artifact of an earlier version, and a picture.
  const old = { ...artifact!, details: null };
  expect(toChoice(live.job, old, { ...artifact!.facts!, durationSeconds: null })).toMatchObject({
    actual: { framesPerSecond: null, bitsPerSecond: null },
    differences: [],
  });
});

it('ignores what a newer downloader adds to a report, and refuses wrong details', () => {
  const report = {
    parts: [{ number: 1, etag: '"a"', crc32: 'AAAAAA==' }],
    sizeBytes: 1,
    checksums: { crc32: 'AAAAAA==' },
    facts: {
      container: 'mp4',
      durationSeconds: 1,
      width: null,
      height: null,
      videoCodec: null,
      audioCodec: 'aac',
    },
  };
  expect(CompleteRequest.parse({ ...report, details: DETAILS, loudness: -14 })).toEqual({
    ...report,
    details: DETAILS,
  });
  const wrong = { ...DETAILS, rates: { ...DETAILS.rates, framesPerSecond: 0 } };
  expect(CompleteRequest.safeParse({ ...report, details: wrong }).success).toBe(false);
});
