/** Spreads the requests of a plan over its kills, so that jobs run at each of them. */
import { setTimeout as delay } from 'node:timers/promises';
import { d1 } from '../support/stack/local-state.ts';
import { send, type Sent } from './clients.ts';
import type { Killer } from './killer.ts';
import type { Plan, PlannedRequest } from './plan.ts';
import { settle } from './rest.ts';
import type { World } from './world.ts';

const LOOK_EVERY_MS = 50;
/** Unfinished jobs at the same time, beyond which no request is sent. */
const MOST_OPEN = 16;
/** After so long without a kill, requests are sent as if there had been one: its point may need other requests. */
const IDLE_MS = 3000;
/** A spare request is followed by the next one after this time, also while its job runs. */
const END_WITHIN_MS = 30_000;

/** Sends all requests. Resolves when their clients have nothing more to do; throws when one of them failed. */
export async function sendAll(world: World, plan: Plan, killer: Killer): Promise<Sent[]> {
  const { requests, kills, spare } = plan;
  const sent: Sent[] = [];
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  killer.failed.catch(failure.reject);
  const clients: Promise<void>[] = [];
  const mayBeSent = pacer(killer, requests.length / Math.max(1, kills.length));
  for (const [index, request] of requests.entries()) {
    while (index >= mayBeSent() || openJobs(world) >= MOST_OPEN)
      await Promise.race([delay(LOOK_EVERY_MS), failure.promise]);
    const client = send(world, request, sent);
    client.catch(failure.reject);
    clients.push(client);
  }
  await Promise.race([Promise.all(clients), failure.promise]);
  const rest = sendSpare(world, spare, { killer, sent });
  rest.catch(failure.reject);
  await Promise.race([rest, failure.promise]);
  return sent;
}

/** Sends requests until all kills are done. A kill misses its request when another part is down at that moment. */
async function sendSpare(
  world: World,
  spare: readonly PlannedRequest[],
  { killer, sent }: { killer: Killer; sent: Sent[] },
): Promise<void> {
  for (const request of spare) {
    if (killer.isOver()) return;
    await send(world, request, sent);
    await settle(END_WITHIN_MS, () => openJobs(world) === 0);
  }
}

/** How many requests may be sent now. */
function pacer(killer: Killer, requestsForEachKill: number): () => number {
  let [seen, idle, sinceMs] = [0, 0, performance.now()];
  return () => {
    const done = killer.done().length;
    const nowMs = performance.now();
    if (done > seen) [seen, sinceMs] = [done, nowMs];
    if (nowMs - sinceMs > IDLE_MS) [idle, sinceMs] = [idle + 1, nowMs];
    return killer.isOver() ? Infinity : (done + idle + 1) * requestsForEachKill;
  };
}

/** Jobs that have not ended. */
function openJobs({ stateDirectory }: World): number {
  const sql = `SELECT count(*) AS open FROM jobs WHERE status IN ('queued', 'processing')`;
  return Number(d1(stateDirectory, sql)[0]?.['open']);
}
