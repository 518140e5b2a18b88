/** Imports from the request to the stored file: into service storage, and into the bucket of Importly's guide, which a strict stand-in plays. */
import { onTestFinished } from 'vitest';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { completePlacement } from '../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../worker/storage/uploads/open-placement.ts';
import { PUT_ONLY, startStandIn } from '../storage/providers/stand-in.ts';
import { refOf } from '../support/claimed.ts';
import { toSign } from '../support/customer.ts';
import type { Body } from '../support/described.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import {
  artifactRequest,
  asSent,
  attemptOf,
  completeRequest,
  partsOf,
  putAll,
  someBytes,
  signFor,
} from '../support/uploads.ts';

/** The size in the guide: 15 MiB. */
const bytes = someBytes(15_728_640);

/** `more` are further fields of the request. Requests to other hosts than that of the bucket go to `others`. */
export async function importToBucket({
  more = {},
  others,
}: { more?: object; others?: typeof fetch } = {}): Promise<{ api: TestApi; jobId: string }> {
  const standIn = await startStandIn(
    {
      profile: 'aws',
      region: 'us-east-1',
      virtualHostBase: 's3.us-east-1.amazonaws.com',
      buckets: [{ name: 'your-bucket' }],
    },
    'https://s3.us-east-1.amazonaws.com',
  );
  onTestFinished(standIn.stop);
  const { ctx } = standIn;
  const toBucket = ctx.fetch;
  ctx.fetch = async (input, init) => {
    const isBucket = new Request(input, init).url.includes('.amazonaws.com');
    return isBucket || others === undefined ? toBucket(input, init) : others(input, init);
  };
  const api = await makeApi(ctx);
  await saveBucket(api);
  const url = 'https://youtube.com/watch?v=dQw4w9WgXcQ';
  const choice = { store: true, storagePath: 'videos/2024', storageFilename: 'my-video' };
  const started = await api.call('POST', '/import', { url, ...choice, ...more });
  const { jobId } = (await started.json<Body>()).data;
  await download(api);
  return { api, jobId };
}

/** With a user who has the policy of the guide. */
async function saveBucket({ call }: TestApi): Promise<void> {
  const { accessKeyId, secretAccessKey } = PUT_ONLY;
  const settings = { accessKeyId, secretAccessKey, bucket: 'your-bucket', region: 'us-east-1' };
  const saved = await call('PUT', '/storage', settings);
  if (saved.status !== 200) throw new Error(await saved.text());
}

/** What the downloader does for the bucket. */
async function download({ ctx }: TestApi): Promise<void> {
  const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
  const live = attemptOf(job);
  const file = artifactRequest({ title: 'Video Title', sizeBytes: bytes.length });
  const { placementId, partSizeBytes, digest } = await openPlacement(ctx, { live, file });
  const parts = partsOf(bytes, partSizeBytes);
  const wanted = await Promise.all(parts.map((part, index) => toSign(index + 1, part, digest)));
  const requests = await signFor(ctx, { live, placementId, parts: wanted, token: 'token' });
  const sent = [];
  for (const [index, part] of parts.entries()) {
    const { url, method, headers } = requests[index]!;
    const answer = await ctx.fetch(url, { method, headers, body: asSent({ headers }, part) });
    if (!answer.ok) throw new Error(`part ${index + 1}: ${answer.status} ${await answer.text()}`);
    sent.push({ bytes: part, etag: answer.headers.get('etag') ?? '' });
  }
  const report = completeRequest(bytes, sent);
  report.facts.durationSeconds = 240;
  const { outcome } = await completePlacement(ctx, { live, placementId, report });
  if (outcome !== 'stored') throw new Error(`the upload ended as ${outcome}`);
  await completeJob(ctx, { ref: refOf(job), report: { warnings: [] } });
}

/** Claims the next import and stores a file of this size in service storage. */
export async function downloadToService({ ctx }: TestApi, sizeBytes: number): Promise<void> {
  const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
  const live = attemptOf(job);
  const media = someBytes(sizeBytes);
  const plan = await openPlacement(ctx, { live, file: artifactRequest({ title: 'Video Title', sizeBytes }) });
  const report = await putAll(ctx, live, plan, media);
  await completePlacement(ctx, { live, placementId: plan.placementId, report });
  await completeJob(ctx, { ref: refOf(job), report: { warnings: [] } });
}
