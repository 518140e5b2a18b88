/** How each part of the system is killed, and started again. */
import { setTimeout as delay } from 'node:timers/promises';
import { signalProcess } from '../../scripts/lib/processes.ts';
import type { Random } from '../fuzz/random.ts';
import { d1 } from '../support/stack/local-state.ts';
import type { Victim } from './kill-points.ts';
import type { World } from './world.ts';

/** A part must work again within this time. */
const BACK_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** Nothing answers there. */
const NOWHERE = 'http://127.0.0.1:1';

export interface Circumstances {
  /** Of the request that was stopped. */
  path: string;
  random: Random;
}

/** Kills with SIGKILL, and returns how to start the victim again. */
export async function killVictim(
  world: World,
  victim: Victim,
  at: Circumstances,
): Promise<() => Promise<void>> {
  switch (victim) {
    case 'worker':
      return killWorker(world);
    case 'downloader':
      return killDownloader(world, at);
    case 'storage':
      await world.storage.kill();
      return async () => {
        await delay(at.random.below(1000));
        await world.storage.restart();
      };
    case 'everything':
      await Promise.all([world.stack.killEverything(), ...world.downloaders.map((one) => one.kill(true))]);
      return async () => {
        await Promise.all([world.restartStack(), ...world.downloaders.map((one) => one.start())]);
        endPauses(world);
      };
    case 'receiver':
      world.proxies.webhooks[0]!.forwardTo(NOWHERE);
      return async () => {
        await delay(500 + at.random.below(1500));
        world.proxies.webhooks[0]!.forwardTo(world.receiver.origin);
      };
  }
}

/** The runtime of the Worker is started again by the start script. */
async function killWorker(world: World): Promise<() => Promise<void>> {
  const killed = world.stack.workerPid();
  signalProcess(killed, 'SIGKILL');
  return async () => {
    const deadline = performance.now() + BACK_WITHIN_MS;
    for (;;) {
      const answer = await fetch(`${world.stack.apiUrl}/health`).catch(() => null);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      if (performance.now() > deadline) throw new Error('the Worker did not start again');
      await delay(LOOK_EVERY_MS);
    }
  };
}

/** The downloader that runs the job of the stopped request, or else any of them. */
async function killDownloader(world: World, { path, random }: Circumstances): Promise<() => Promise<void>> {
  const jobId = /\/jobs\/([^/]+)\//.exec(path)?.[1];
  const slot = jobId && d1(world.stateDirectory, 'SELECT slot FROM jobs WHERE id = ?', jobId)[0]?.['slot'];
  const downloader = world.downloaders.find((one) => one.slot === slot) ?? random.pick(world.downloaders)!;
  await downloader.kill(random.oneIn(2));
  return async () => {
    await downloader.start();
    endPauses(world);
  };
}

/** Saves the rest of the pauses that slots got while their downloaders did not answer. */
function endPauses({ stateDirectory }: World): void {
  d1(stateDirectory, 'DELETE FROM slot_pauses');
}
