/** Kills parts of the system at the planned points, one after the other, and starts them again. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../fuzz/random.ts';
import type { PlannedKill } from './plan.ts';
import { killVictim } from './victims.ts';
import type { World } from './world.ts';

export interface Killer {
  /** The names of the points that were reached, in order. */
  done(): string[];
  /** Whether all kills are done. */
  isOver(): boolean;
  /** Rejects when a part does not start again; never resolves. */
  failed: Promise<never>;
  /** Gives up the kills that are left, and waits until everything works. */
  finish(): Promise<void>;
}

/** Points that are armed at once: the first one that is reached comes first. */
const ARMED = 12;
const LOOK_EVERY_MS = 50;
/** Milliseconds until the first kill at any time, and between two. */
const ANY_TIME_MS = 500;

interface Armed {
  kill: PlannedKill;
  disarm: () => void;
}

/** Starts to kill. A kill begins only when everything works again after the kill before. */
export function startKiller(
  world: World,
  kills: readonly PlannedKill[],
  random: Random,
  say: (line: string) => void,
): Killer {
  const waiting = kills.map((kill) => ({ ...kill }));
  const armed = new Set<Armed>();
  const done: string[] = [];
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const state = { isReady: true };

  /** Kills, and returns before the victim works again, so that the stopped request breaks off meanwhile. */
  const strike = async (one: Armed, path: string): Promise<void> => {
    armed.delete(one);
    // The same stop may stand in front of several parts.
    one.disarm();
    try {
      const restart = await killVictim(world, one.kill.victim, { path, random });
      recover(one.kill, restart).catch(reject);
    } catch (error) {
      reject(error);
    }
  };
  const recover = async ({ name, restMs }: PlannedKill, restart: () => Promise<void>): Promise<void> => {
    const startedMs = performance.now();
    await restart();
    done.push(name);
    say(`${done.length}. ${name}: works again after ${Math.round(performance.now() - startedMs)} ms`);
    await delay(restMs);
    state.isReady = true;
    arm();
  };
  const arm = (): void => {
    while (armed.size < ARMED && waiting.length > 0) {
      const kill = waiting.shift()!;
      const one: Armed = { kill, disarm: () => undefined };
      armed.add(one);
      one.disarm = set(one);
    }
  };
  /** True once, for the request at which the point is reached. */
  const reached = ({ kill }: Armed): boolean => {
    if (!state.isReady) return false;
    if (kill.skip > 0) {
      kill.skip -= 1;
      return false;
    }
    state.isReady = false;
    return true;
  };
  const set = (one: Armed): (() => void) => {
    const { stop } = one.kill;
    if (!stop) return atAnyTime(one);
    let seen = '';
    const matches = (method: string, path: string) => {
      if (method !== stop.method || !stop.path.test(path) || !reached(one)) return false;
      seen = path;
      return true;
    };
    const { moment, border } = stop;
    const act = () => strike(one, seen);
    const breaks = world.proxies[border].map((proxy) => proxy.breakAt({ moment, matches, act }));
    return () => breaks.forEach((one) => one.disarm());
  };
  const atAnyTime = (one: Armed): (() => void) => {
    const timer = setInterval(() => {
      if (reached(one)) void strike(one, '');
    }, ANY_TIME_MS);
    return () => clearInterval(timer);
  };
  arm();
  return {
    done: () => done,
    isOver: () => state.isReady && armed.size === 0 && waiting.length === 0,
    failed,
    finish: async () => {
      waiting.length = 0;
      for (const { disarm } of armed) disarm();
      armed.clear();
      while (!state.isReady) await Promise.race([delay(LOOK_EVERY_MS), failed]);
    },
  };
}
