/** Runs hostile imports of sixteen kinds at once, and as many honest ones. */
import { CROWD } from './cases.ts';
import { observe, type Observation } from './observer.ts';
import { endOf, leftAfter, requestOf } from './run-case.ts';
import type { World } from './world.ts';

export interface CrowdResult extends Observation {
  /** How each kind ended, and how it should. */
  hostile: { name: string; ended: string; ends: readonly string[] }[];
  /** Milliseconds of the honest imports, all of which completed. */
  honestMs: number[];
  loopDelayMs: number;
  left: string[];
}

/** Throws when an honest import does not complete. */
export async function runCrowd(world: World): Promise<CrowdResult> {
  const { downloader, hostile } = world;
  const requests = [];
  for (const one of CROWD) requests.push({ one, request: await requestOf(world, one) });
  const end = observe(downloader.pid, downloader.workDirectory);
  await downloader.loopDelayMs();
  const jobs = requests.map(async ({ one: { name, ends, withinSeconds }, request }) => {
    const jobId = await hostile.startImport(request);
    return { name, ends, ended: endOf(await hostile.ended(jobId, withinSeconds * 2000)) };
  });
  const honest = requests.map(() => world.importHonest());
  const [ended, honestMs] = await Promise.all([Promise.all(jobs), Promise.all(honest)]);
  const left = await leftAfter(world);
  return { hostile: ended, honestMs, left, loopDelayMs: await downloader.loopDelayMs(), ...end() };
}
