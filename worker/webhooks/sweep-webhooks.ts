/** The part of the sweep for webhooks: deliveries that no message announced, old rows of the log, and the keys of secrets. */
import { sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { DeliveryKey } from '../db/rows.ts';
import { wakeDeliveries } from '../doorbell/wake-deliveries.ts';
import { errorText } from '../error-text.ts';
import { sweepCredentials } from '../storage/destinations/rotate-credentials.ts';
import { rotateSecretsBatch } from './rotate-keys.ts';

const DAY_MS = 24 * 3600_000;
/** Lanes that one sweep wakes. The next sweep wakes the others. */
const MAX_LANES = 1_000;
/** Rows of one statement of the clean-up. The next sweep continues. */
const ROWS_PER_STATEMENT = 2_000;

/**
 * Three statements, however many deliveries there are, and those of the rotation of keys while CREDENTIAL_KEYS has several.
 * Never throws.
 */
export async function sweepWebhooks(ctx: Ctx): Promise<void> {
  try {
    await wakeDeliveries(ctx, await findDue(ctx));
    await removeOld(ctx);
  } catch (error) {
    ctx.log.error('sweep.part_failed', { part: 'webhooks', error: errorText(error) });
  }
  await sweepCredentials(ctx, rotateSecretsBatch);
}

/**
 * The longest due delivery of each lane; each attempt that ends wakes the next one. Includes those whose sender died: their
 * lease has expired. Looks into the index a few times for each lane, however many deliveries wait in it.
 */
function findDue(ctx: Ctx): Promise<DeliveryKey[]> {
  const first = (status: 'waiting' | 'sending') =>
    sql`(SELECT d.rowid FROM webhook_deliveries AS d WHERE d.lane = lanes.lane AND d.status = ${status}
      AND d.next_at <= ${ctx.now()} ORDER BY d.next_at LIMIT 1)`;
  return ctx.db.all<DeliveryKey>(sql`WITH RECURSIVE lanes(lane) AS (
      SELECT min(lane) FROM webhook_deliveries WHERE next_at IS NOT NULL
      UNION ALL
      SELECT (SELECT min(d.lane) FROM webhook_deliveries AS d WHERE d.next_at IS NOT NULL AND d.lane > lanes.lane)
      FROM lanes WHERE lanes.lane IS NOT NULL
    ), due(id) AS (
      SELECT ${first('waiting')} FROM lanes WHERE lane IS NOT NULL
      UNION ALL SELECT ${first('sending')} FROM lanes WHERE lane IS NOT NULL
    )
    SELECT endpoint_id AS endpointId, event_id AS eventId FROM webhook_deliveries WHERE rowid IN (SELECT id FROM due)
    ORDER BY next_at LIMIT ${sql.raw(String(MAX_LANES))}`);
}

/** Rows are numbered in the order of their creation, so the oldest ones need no index. */
async function removeOld(ctx: Ctx): Promise<void> {
  const before = ctx.now() - ctx.config.WEBHOOK_RETENTION_DAYS * DAY_MS;
  await ctx.db.run(sql`DELETE FROM webhook_attempts
    WHERE rowid IN (${oldestOf('webhook_attempts', 'started_at', before)}) AND started_at < ${before}`);
  await ctx.db.run(sql`DELETE FROM webhook_deliveries
    WHERE rowid IN (${oldestOf('webhook_deliveries', 'created_at', before)})
      AND created_at < ${before} AND next_at IS NULL`);
}

/** The first rows of a table; none, and one row read, when the first is not old enough. */
function oldestOf(table: string, time: string, before: number) {
  const [from, at] = [sql.raw(table), sql.raw(time)];
  return sql`SELECT rowid FROM ${from} ORDER BY rowid
    LIMIT CASE WHEN (SELECT ${at} FROM ${from} ORDER BY rowid LIMIT 1) < ${before} THEN ${ROWS_PER_STATEMENT} ELSE 0 END`;
}
