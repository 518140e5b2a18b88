/** Makes due what only waits for time to pass, so that a run takes minutes and not days; sweeps as the cron does. */
import { setTimeout as delay } from 'node:timers/promises';
import { NEVER } from '../../worker/jobs/alone/crashes.ts';
import { d1 } from '../support/stack/local-state.ts';
import type { World } from './world.ts';

const TICK_MS = 1000;
/** An attempt that no downloader runs for this many ticks in a row is lost. */
const TICKS_UNTIL_LOST = 3;
/** As in worker/webhooks/claim-delivery.ts: the lease of an attempt to deliver. */
const DELIVERY_LEASE_MS = 60_000;

export interface Clock {
  /** Whether transfers that wait for a repaired bucket are made due too. */
  hurriesTransfers: boolean;
  stop(): Promise<void>;
}

/** Begins to pass time. */
export function startClock(world: World): Clock {
  const stopping = new AbortController();
  const absent = new Map<string, number>();
  const clock: Clock = {
    hurriesTransfers: false,
    stop: async () => {
      stopping.abort();
      await ticking;
    },
  };
  const tick = async (): Promise<void> => {
    if (world.isStarting) return;
    await expireLost(world, absent);
    if (world.isStarting) return;
    makeDue(world, clock.hurriesTransfers);
    // The Worker may be dead at this moment.
    await world.stack.sweep().catch(() => undefined);
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await tick();
      await delay(TICK_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const ticking = run();
  return clock;
}

/** Ends the lease of each attempt whose downloader does not run it: it was killed, or never got the attempt. */
async function expireLost(
  { stateDirectory, downloaders }: World,
  absent: Map<string, number>,
): Promise<void> {
  const running = new Set((await Promise.all(downloaders.map((one) => one.attempts()))).flat());
  const sql = `SELECT id || ' ' || attempt AS attempt FROM jobs WHERE status = 'processing'`;
  const claimed = d1(stateDirectory, sql).map((row) => String(row['attempt']));
  for (const attempt of absent.keys())
    if (!claimed.includes(attempt) || running.has(attempt)) absent.delete(attempt);
  for (const attempt of claimed.filter((one) => !running.has(one))) {
    const ticks = (absent.get(attempt) ?? 0) + 1;
    absent.set(attempt, ticks);
    const [id = '', number = ''] = attempt.split(' ');
    const expire = `UPDATE jobs SET lease_until = 1 WHERE id = ? AND attempt = ? AND status = 'processing'`;
    if (ticks >= TICKS_UNTIL_LOST) d1(stateDirectory, expire, id, Number(number));
  }
}

function makeDue({ stateDirectory }: World, hurriesTransfers: boolean): void {
  const now = Date.now();
  const run = (sql: string, ...values: number[]) => d1(stateDirectory, sql, ...values);
  run(
    `UPDATE jobs SET run_after = ? WHERE status = 'queued' AND run_after > ? AND run_after < ?`,
    now,
    now,
    NEVER,
  );
  run(`UPDATE jobs SET alone_after = ? WHERE status = 'queued' AND alone_after > ?`, now, now);
  run(`UPDATE webhook_deliveries SET next_at = ? WHERE status = 'waiting' AND next_at > ?`, now, now);
  // Longer ago than an attempt may take (15 s), so its sender was killed.
  const ended = now + DELIVERY_LEASE_MS - 20_000;
  run(
    `UPDATE webhook_deliveries SET next_at = ? WHERE status = 'sending' AND next_at > ? AND next_at < ?`,
    now,
    now,
    ended,
  );
  if (hurriesTransfers)
    run(`UPDATE transfers SET next_at = ? WHERE status = 'waiting' AND next_at > ?`, now, now);
}
