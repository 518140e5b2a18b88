/** Imports with `storageDestinations` into versitygw, each destination with a folder of its own. */
import { eq } from 'drizzle-orm';
import { expect } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import { mintAttemptToken } from '../../../../worker/attempts/attempt-token.ts';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import type { ImportRequest } from '../../../../worker/contract/api/import-request.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import type { UploadPlan } from '../../../../worker/contract/downloader/upload-plan.ts';
import { claimNext } from '../../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../../worker/jobs/complete-job.ts';
import { getJob } from '../../../../worker/jobs/details/get-job.ts';
import { requireUploadAttempt } from '../../../../worker/jobs/require-upload-attempt.ts';
import { saveDestination } from '../../../../worker/storage/destinations/save-destination.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import type { UploadAttempt } from '../../../../worker/storage/uploads/upload-rules.ts';
import { toImportView } from '../../../../worker/views/import-view.ts';
import { makeClaimed, refOf } from '../../support/claimed.ts';
import { makeCustomerCtx, readObject, sendAll, server } from '../../support/customer.ts';
import { makeWorkspace } from '../../support/rows.ts';
import { artifactRequest, attemptOf, putAll, someBytes } from '../../support/uploads.ts';
import { admin, keyOf, newTitle } from './customer-upload.ts';

export const BYTES = someBytes(200_000, 7);

/** A new workspace, and what tests do in it. */
export async function makeSeveral() {
  const ctx = makeCustomerCtx();
  const workspaceId = await makeWorkspace(ctx);
  const title = newTitle();

  /** A destination with a folder of its own. With `canRead`, a test has read an object back. */
  async function save(name: string, values: Partial<DestinationInput> & { canRead?: boolean } = {}) {
    const { canRead = false, ...settings } = values;
    const { endpoint, region, bucket, putOnly } = server();
    const keys = canRead ? admin() : putOnly;
    const input = { endpoint, region, bucket, ...keys, defaultPathPrefix: name, ...settings };
    await saveDestination(ctx, { workspaceId, name, input: DestinationInput.parse(input) });
    if (canRead)
      await ctx.db
        .update(destinations)
        .set({ learned: { canGetObject: true } })
        .where(eq(destinations.name, name));
  }

  async function makeLive(storageDestinations: string[], request: Partial<ImportRequest> = {}) {
    const [storageDestination] = storageDestinations;
    const url = 'https://media.example/clip.mp4';
    const { job } = await makeClaimed(ctx, {
      workspaceId,
      request: { url, store: true, storageDestination, storageDestinations, ...request },
      startedAt: ctx.now(),
    });
    return attemptOf(job);
  }
  const makeImport = (...names: string[]) => makeLive(names);
  const open = (live: UploadAttempt) => openPlacement(ctx, { live, file: artifactRequest({ title }) });

  /** Uploads by the plan, whatever its storage, and completes the upload. */
  async function store(live: UploadAttempt, plan: UploadPlan) {
    const upload = plan.storage === 'service' ? putAll : sendAll;
    const report = await upload(ctx, live, plan, BYTES);
    const answer = await completePlacement(ctx, { live, placementId: plan.placementId, report });
    expect(answer).toEqual({ outcome: 'stored' });
  }

  /** Stores the file by each plan, and completes the job. */
  async function finish(live: UploadAttempt, ...plans: UploadPlan[]) {
    for (const plan of plans) await store(live, plan);
    await completeJob(ctx, { ref: refOf(live.job), report: { warnings: [] } });
  }

  /** Runs the next store job: reads the copy as the downloader does, and uploads what it read. */
  async function runStore() {
    const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
    expect(job.kind).toBe('store');
    const ref = refOf(job);
    const live = await requireUploadAttempt(ctx, { ref, features: new Set() });
    const headers = { Authorization: `Bearer ${await mintAttemptToken(ctx, ref)}` };
    const source = await createApp(ctx).request(`/internal/jobs/${job.id}/source`, { headers });
    const location = source.headers.get('location');
    const copy = location === null ? source : await fetch(location);
    expect(new Uint8Array(await copy.arrayBuffer())).toEqual(BYTES);
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    await finish(live, plan);
    return location === null ? 'service' : 'destination';
  }

  const viewOf = async ({ job }: UploadAttempt) =>
    toImportView(ctx, await getJob(ctx, { workspaceId, jobId: job.id }));
  const objectOf = async (name: string) => (await readObject(keyOf(title, `${name}/`)))?.bytes;

  return {
    ctx,
    workspaceId,
    title,
    save,
    makeLive,
    makeImport,
    open,
    store,
    finish,
    runStore,
    viewOf,
    objectOf,
  };
}
