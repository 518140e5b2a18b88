/** The requests for the first parts of a file, which come with its plan. */
import { expect, it } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import { mintAttemptToken } from '../../../../worker/attempts/attempt-token.ts';
import { FEATURES_HEADER, OWN_FEATURES } from '../../../../worker/contract/downloader/features.ts';
import type { PlanAnswer } from '../../../../worker/contract/downloader/report.ts';
import { PART_CRC32_HEADER } from '../../../../worker/contract/downloader/signature.ts';
import type { SignedRequest } from '../../../../worker/contract/downloader/upload-plan.ts';
import { refOf } from '../../support/claimed.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';
import { artifactRequest, asSent, crc32Of, makeLive, MIB, someBytes } from '../../support/uploads.ts';

/** Announces a file of this size as a downloader with these features does. */
async function announce(
  sizeBytes: number | null,
  features = OWN_FEATURES,
  more: Record<string, string> = {},
) {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const app = createApp(ctx);
  const { job } = await makeLive(ctx);
  const token = await mintAttemptToken(ctx, refOf(job));
  const path = `/internal/jobs/${job.id}/artifacts`;
  const headers = { authorization: `Bearer ${token}`, [FEATURES_HEADER]: features, ...more };
  const body = JSON.stringify(artifactRequest({ sizeBytes }));
  const answer = await app.request(path, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
  return { ...(await answer.json<PlanAnswer>()), app, costOf };
}

it('are taken by the storage, without a call of D1', async () => {
  const { plan, requests, app, costOf } = await announce(8 * MIB + 1000);
  expect(requests?.map(({ number }) => number)).toEqual([1, 2]);
  const { url, method, headers } = requests![1]!;
  const body = asSent({ headers }, someBytes(1000));
  const { calls } = await costOf(async () => {
    expect((await app.request(new URL(url).pathname, { method, headers, body })).status).toBe(200);
  });
  expect([plan.kind, calls]).toEqual(['multipart', 0]);
});

it('is the only one of a small file whose CRC-32 is known', async () => {
  const bytes = someBytes(1000);
  const known = { [PART_CRC32_HEADER]: crc32Of(bytes) };
  const { plan, requests, app } = await announce(1000, OWN_FEATURES, known);
  const [{ url, method, headers }] = requests as [SignedRequest];
  const put = (body: Uint8Array<ArrayBuffer>) =>
    app.request(new URL(url).pathname, { method, headers, body });
  expect((await put(someBytes(1000, 2))).status).toBe(400);
  expect((await put(bytes)).status).toBe(200);
  expect([plan.kind, requests?.length]).toEqual(['single', 1]);
});

it.each(['', 'AAAA', 'not-base64!!'])('are absent when the CRC-32 is %j', async (value) => {
  expect(await announce(1000, OWN_FEATURES, { [PART_CRC32_HEADER]: value })).not.toHaveProperty('requests');
});

it('are at most 16', async () => {
  expect((await announce(1024 * MIB)).requests?.length).toBe(16);
});

it.each([
  ['the parts need their digests', 1000, OWN_FEATURES],
  ['nobody knows the size of the file', null, OWN_FEATURES],
  ['the downloader does not take them', 20 * MIB, 'grants trailers'],
])('are absent when %s', async (_reason, sizeBytes, features) => {
  const answer = await announce(sizeBytes, features);
  expect(answer.plan.grant).toBeDefined();
  expect(answer).not.toHaveProperty('requests');
});
