import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { buildCtx } from '../../../worker/build-ctx.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { makeClaimed } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { recordingDataset } from '../support/recording-dataset.ts';
import { makeJob, makePlacement } from '../support/rows.ts';
import { makeDestination, OFFLINE } from '../transfers/imported.ts';

beforeEach(emptyTables);

it('an attempt and its job each write a point with bytes, seconds by stage, outcome, host and provider', async () => {
  const analytics = recordingDataset();
  const ctx = makeCtx({ ...OFFLINE, analytics });
  const request = { url: 'https://user:pass@cdn.example:8443/a.mp4?key=secret' };
  const { job, ref } = await makeClaimed(ctx, { request, sourceWay: 'direct', failures: 1 });
  const { id } = await makeDestination(ctx, job.workspaceId, {
    endpoint: 'https://s3.eu-central-1.wasabisys.com',
    region: 'eu-central-1',
  });
  ctx.clock.advance(1_500);
  await makePlacement(ctx, job, { destinationId: id });
  ctx.clock.advance(4_000);
  await completeJob(ctx, { ref, report: { warnings: [] } });
  await completeJob(ctx, { ref, report: { warnings: [] } });
  const host = 'cdn.example';
  expect(analytics.points).toEqual([
    {
      indexes: [job.workspaceId],
      blobs: ['attempt', 'import', 'completed', null, 'completed', 'direct', host, 'Wasabi', 'slot-0'],
      doubles: [1000, 5.5, 1.5, 4, 0, 0, 0, 1, 0],
    },
    {
      indexes: [job.workspaceId],
      blobs: ['job', 'import', 'completed', null, 'completed', 'direct', host, null, null],
      doubles: [1000, 5.5, 0, 0, 0, 0, 0, 1, 3],
    },
  ]);
});

it('a retried attempt writes its code, and a job that is canceled in the queue writes no attempt', async () => {
  const analytics = recordingDataset();
  const ctx = makeCtx({ analytics });
  const { ref } = await makeClaimed(ctx);
  await failJob(ctx, { ref, report: { failure: { code: 'source_unavailable' }, source: null } });
  const { id: jobId, workspaceId } = await makeJob(ctx);
  await cancelJob(ctx, { workspaceId, jobId });
  expect(analytics.points.map(({ blobs }) => blobs.slice(0, 5))).toEqual([
    ['attempt', 'import', 'failed', 'source_unavailable', 'queued'],
    ['job', 'import', 'canceled', null, 'canceled'],
  ]);
});

it('a job ends although its point cannot be written', async () => {
  const writeDataPoint = () => {
    throw new Error('too many data points');
  };
  const ctx = makeCtx({ analytics: { writeDataPoint } });
  const { id: jobId, workspaceId } = await makeJob(ctx);
  expect(await cancelJob(ctx, { workspaceId, jobId })).toMatchObject({ status: 'canceled' });
  expect(ctx.lines).toContainEqual(expect.objectContaining({ event: 'analytics.write_failed' }));
});

it('the dataset that is bound takes the points of the runtime', async () => {
  expect(env.ANALYTICS).toBeDefined();
  const { analytics } = buildCtx(env);
  const ctx = makeCtx({ analytics });
  const { id: jobId, workspaceId } = await makeJob(ctx);
  await cancelJob(ctx, { workspaceId, jobId });
  expect(ctx.lines.filter(({ level }) => level === 'error')).toEqual([]);
  const { ANALYTICS: _, ...unbound } = env;
  expect(buildCtx(unbound).analytics).toBeNull();
});
