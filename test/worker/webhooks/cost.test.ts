import { sql } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { webhookAttempts, webhookDeliveries } from '../../../worker/db/tables/webhooks.ts';
import { claimDelivery } from '../../../worker/webhooks/claim-delivery.ts';
import { deliver } from '../../../worker/webhooks/deliver.ts';
import { listDeliveries } from '../../../worker/webhooks/deliveries.ts';
import { sweepWebhooks } from '../../../worker/webhooks/sweep-webhooks.ts';
import { copyRows, numbered } from '../support/copy-rows.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeWorkspace } from '../support/rows.ts';
import { makeImported } from '../transfers/imported.ts';
import { deliveriesOf, keyOf, makeEndpoint, startReceiver } from './receiver.ts';

beforeEach(emptyTables);

const DAY_MS = 24 * 3600_000;

/** Two endpoints of one workspace: one with `count` deliveries that are due, one with a single delivery. */
async function makeBacklog(count: number) {
  const { db, costOf } = meteredDb();
  const receiver = startReceiver({ db });
  const { ctx } = receiver;
  const workspaceId = await makeWorkspace(ctx);
  const busy = await makeEndpoint(ctx, workspaceId);
  await makeImported(ctx, { workspaceId });
  await copyRows(ctx, webhookDeliveries, { count: count - 1, changed: { event_id: numbered('event_id') } });
  const quiet = await makeEndpoint(ctx, workspaceId, {
    url: 'https://quiet.example.com/',
    events: ['import.failed'],
  });
  await copyRows(ctx, webhookDeliveries, {
    count: 1,
    changed: { endpoint_id: sql`${quiet.row.id}`, lane: sql`${quiet.row.id}` },
    where: sql`event_id NOT LIKE '%-%-%-%-%-%'`,
  });
  await ctx.settled();
  ctx.wakes.length = 0;
  return { ...receiver, costOf, workspaceId, busy: busy.row, quiet: quiet.row };
}

it('a sweep looks at a few rows of each lane, however many deliveries wait in it', async () => {
  const { ctx, costOf, busy, quiet } = await makeBacklog(3_000);
  const cost = await costOf(() => sweepWebhooks(ctx));
  expect(ctx.wakes.map(({ endpointId }) => endpointId).toSorted()).toEqual([busy.id, quiet.id].toSorted());
  expect(cost.statements).toBeLessThanOrEqual(3);
  expect(cost.rowsRead).toBeLessThan(40);
});

it('a delivery costs the same beside a long backlog, and so does a page of the log', async () => {
  const { ctx, costOf, workspaceId, busy } = await makeBacklog(3_000);
  const key = keyOf((await deliveriesOf(ctx, workspaceId))[0]!);
  const sent = await costOf(() => deliver(ctx, key));
  expect(sent.statements).toBeLessThan(12);
  expect(sent.rowsRead).toBeLessThan(30);
  const page = await costOf(() => listDeliveries(ctx, { endpointId: busy.id, limit: 20 }));
  expect(page.rowsRead).toBeLessThanOrEqual(60);
  const failed = await costOf(() =>
    listDeliveries(ctx, { endpointId: busy.id, status: 'failed', limit: 20 }),
  );
  expect(failed.rowsRead).toBeLessThan(5);
});

it('a lane takes no fifth attempt', async () => {
  const { ctx, workspaceId } = await makeBacklog(6);
  const keys = (await deliveriesOf(ctx, workspaceId)).map(keyOf);
  const claimed = await Promise.all(keys.map((key) => claimDelivery(ctx, key)));
  expect(claimed.filter((row) => row !== null)).toHaveLength(4 + 1);
});

it('the log is deleted after its retention, in steps, and what still waits stays', async () => {
  const { ctx, workspaceId, costOf, busy } = await makeBacklog(2);
  const waiting = await deliveriesOf(ctx, workspaceId);
  await deliver(ctx, keyOf(waiting.find(({ endpointId }) => endpointId === busy.id)!));
  await copyRows(ctx, webhookAttempts, { count: 2_500, changed: { event_id: numbered('event_id') } });
  ctx.clock.advance(29 * DAY_MS);
  await sweepWebhooks(ctx);
  expect(await ctx.db.$count(webhookAttempts)).toBe(2_501);
  ctx.clock.advance(2 * DAY_MS);
  await makeImported(ctx, { workspaceId });
  await sweepWebhooks(ctx);
  expect(await ctx.db.$count(webhookAttempts)).toBe(501);
  await sweepWebhooks(ctx);
  expect(await ctx.db.$count(webhookAttempts)).toBe(0);
  const left = await deliveriesOf(ctx, workspaceId);
  expect(left.map(({ status }) => status)).not.toContain('delivered');
  expect(left.filter(({ endpointId }) => endpointId === busy.id)).toHaveLength(2);
  // Nothing is old: one row of each table is looked at.
  expect((await costOf(() => sweepWebhooks(ctx))).rowsWritten).toBe(0);
});
