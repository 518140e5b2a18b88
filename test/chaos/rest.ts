/** Whether the system of a chaos run has nothing more to do. */
import { setTimeout as delay } from 'node:timers/promises';
import { d1 } from '../support/stack/local-state.ts';
import type { World } from './world.ts';

const LOOK_EVERY_MS = 200;

/** Rows that are not at their end yet, by what they are about. */
const UNFINISHED: Record<string, string> = {
  jobs: `SELECT count(*) AS rows FROM jobs WHERE status IN ('queued', 'processing')`,
  deliveries: `SELECT count(*) AS rows FROM webhook_deliveries WHERE next_at IS NOT NULL`,
  transfers: `SELECT count(*) AS rows FROM transfers WHERE status IN ('waiting', 'running')`,
  uploads: `SELECT count(*) AS rows FROM placements WHERE status IN ('open', 'completing')`,
};

/** The kinds of rows of which some are unfinished. */
export function unfinished({ stateDirectory }: World): string[] {
  return Object.entries(UNFINISHED).flatMap(([name, sql]) => {
    const rows = Number(d1(stateDirectory, sql)[0]?.['rows']);
    return rows > 0 ? [`${rows} ${name}`] : [];
  });
}

/** Nothing is unfinished, except transfers with `mayWait`, and no downloader has a child. */
export function isAtRest(world: World, mayWait: boolean): boolean {
  const rows = unfinished(world).filter((one) => !mayWait || !one.endsWith(' transfers'));
  return rows.length === 0 && world.downloaders.every((one) => one.children().length === 0);
}

/** Waits until `isEnough`. What does not come to rest in time is found by the checks. */
export async function settle(withinMs: number, isEnough: () => boolean): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline && !isEnough()) await delay(LOOK_EVERY_MS);
}
