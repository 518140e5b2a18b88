import { describe, expect, it } from 'vitest';
import { makeApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeJob } from '../../support/rows.ts';
import { makeDestination, makeImported, OFFLINE, storesOf } from '../../transfers/imported.ts';

const VIDEO = { url: 'https://media.example.com/clip.mp4' };

async function makeLimited(maxQueuedJobs: number) {
  const ctx = makeCtx(OFFLINE);
  ctx.config = { ...ctx.config, MAX_QUEUED_JOBS: maxQueuedJobs };
  return makeApi(ctx);
}

describe('the limit of waiting jobs', () => {
  it('refuses a further import, says so and does not queue it', async () => {
    const { call, ctx } = await makeLimited(2);
    const answers = await Promise.all(Array.from({ length: 6 }, () => call('POST', '/import', VIDEO)));
    const { 200: queued, 429: refused } = Object.groupBy(answers, ({ status }) => status);
    expect([queued?.length, refused?.length]).toEqual([2, 4]);
    expect(await refused![0]!.json()).toMatchObject({
      success: false,
      code: 'queue_full',
      error: '2 jobs of this workspace wait, which is the limit.',
      retryable: true,
    });
    expect(ctx.rings).toEqual([0, 0]);
  });

  it('leaves room again when a job no longer waits, and does not count other workspaces', async () => {
    const { call, ctx, workspaceId } = await makeLimited(1);
    await makeJob(ctx);
    await makeJob(ctx, { workspaceId, status: 'processing' });
    const started = await call('POST', '/import', VIDEO);
    const { data } = await started.json<{ data: { jobId: string } }>();
    expect((await call('POST', '/import', VIDEO)).status).toBe(429);
    await call('DELETE', `/imports/${data.jobId}`);
    expect((await call('POST', '/import', VIDEO)).status).toBe(200);
  });

  it('refuses to store a finished import, too', async () => {
    const { call, ctx, workspaceId } = await makeLimited(1);
    await makeDestination(ctx, workspaceId);
    const finished = await makeImported(ctx, { workspaceId });
    await makeJob(ctx, { workspaceId });
    const answer = await call('POST', `/imports/${finished.id}/store`);
    expect(answer.status).toBe(429);
    expect(await storesOf(ctx, finished.id)).toEqual([]);
  });
});
