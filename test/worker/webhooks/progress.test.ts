import { beforeEach, expect, it } from 'vitest';
import { heartbeat } from '../../../worker/jobs/heartbeat.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { beatOf, makeClaimed } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeWorkspace } from '../support/rows.ts';
import { deliveriesOf, makeEndpoint, sendWoken, startReceiver } from './receiver.ts';

beforeEach(emptyTables);

/** A running import in a workspace with two endpoints, of which one chose the progress. */
async function startRunning() {
  const receiver = startReceiver();
  const { ctx } = receiver;
  // At the start of an interval.
  ctx.clock.advance(10_000 - (ctx.now() % 10_000));
  const workspaceId = await makeWorkspace(ctx);
  await makeEndpoint(ctx, workspaceId);
  await makeEndpoint(ctx, workspaceId, { events: ['import.progress'] });
  const { job, ref, token } = await makeClaimed(ctx, { workspaceId, startedAt: ctx.now() });
  const beat = async (afterMs: number) => {
    ctx.clock.advance(afterMs);
    await heartbeat(ctx, beatOf([token]));
    await sendWoken(ctx);
  };
  return { ...receiver, workspaceId, job, ref, beat };
}

it('tells an endpoint that chose it, once in ten seconds', async () => {
  const { received, job, beat } = await startRunning();
  for (const afterMs of [0, 4_000, 4_000, 4_000, 20_000]) await beat(afterMs);
  const bodies = received.map(({ body }) => JSON.parse(body) as object);
  const progress = {
    jobId: job.id,
    status: 'processing',
    mediaUrl: null,
    creditsUsed: 0,
    message: 'The import is downloading: 10 %.',
  };
  expect(bodies).toEqual([progress, progress, progress]);
  expect(received[0]?.headers['webhook-event']).toBe('import.progress');
  const ids = received.map(({ headers }) => headers['webhook-id'] ?? '');
  expect(new Set(ids).size).toBe(3);
  expect(ids).toEqual(ids.toSorted());
});

it('is not repeated, and not sent after the end of the import', async () => {
  const { ctx, answers, received, workspaceId, job, beat } = await startRunning();
  answers[0] = () => new Response(null, { status: 500 });
  await beat(0);
  expect(ctx.wakes).toEqual([]);
  await ctx.db.run(`UPDATE webhook_deliveries SET status = 'waiting', next_at = 0`);
  await ctx.db.run(
    `UPDATE jobs SET status = 'queued', slot = NULL, lease_until = NULL WHERE id = '${job.id}'`,
  );
  await cancelJob(ctx, { workspaceId, jobId: job.id });
  const [delivery] = await deliveriesOf(ctx, workspaceId);
  ctx.wakes.push({ ...delivery!, delaySeconds: 0 });
  await sendWoken(ctx);
  const types = received.map(({ headers }) => headers['webhook-event']);
  expect(types).toEqual(['import.progress', 'import.canceled']);
});

it('costs a heartbeat one of its five statements and no further request to D1', async () => {
  const { db, costOf } = meteredDb();
  const { ctx } = startReceiver({ db });
  const { token } = await makeClaimed(ctx);
  const cost = await costOf(() => heartbeat(ctx, beatOf([token])));
  expect(cost).toMatchObject({ calls: 1, statements: 5 });
});
