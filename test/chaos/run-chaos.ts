/** One chaos run: requests and kills beside each other, then a time without kills, then the checks. */
import { Random } from '../fuzz/random.ts';
import type { Finding } from './checks/check.ts';
import { runChecks } from './checks/checks.ts';
import { leftProcesses } from './checks/left.ts';
import { startKiller } from './killer.ts';
import { startClock } from './pass-time.ts';
import type { Plan } from './plan.ts';
import { isAtRest, settle } from './rest.ts';
import { summarize, type Summary } from './summary.ts';
import { sendAll } from './traffic.ts';
import { removeWorld, repairDestinations, startWorld, stopWorld, type World } from './world.ts';

export interface ChaosOptions {
  seed: number;
  plan: Plan;
  /** Within this time after the last request, in milliseconds, everything must have come to rest. */
  settleMs: number;
  say: (line: string) => void;
}

export interface ChaosResult extends Summary {
  findings: Finding[];
  /** What was killed, in order. */
  kills: string[];
  seconds: number;
}

/** Throws when a part does not start again, or a client gets an answer that it may not get. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const startedMs = performance.now();
  const world = await startWorld(options.seed);
  let result: Omit<ChaosResult, 'seconds'>;
  try {
    result = await play(world, options);
  } finally {
    await stopWorld(world);
  }
  result.findings.push(...leftProcesses(world));
  if (result.findings.length === 0) await removeWorld(world);
  else options.say(`The state of the run is in ${world.stateDirectory}.`);
  return { ...result, seconds: (performance.now() - startedMs) / 1000 };
}

async function play(
  world: World,
  { seed, plan, settleMs, say }: ChaosOptions,
): Promise<Omit<ChaosResult, 'seconds'>> {
  const clock = startClock(world);
  const killer = startKiller(world, plan.kills, new Random(seed, 'killer'), say);
  try {
    const sent = await sendAll(world, plan, killer);
    await settle(settleMs, () => killer.isOver() || isAtRest(world, true));
    await killer.finish();
    await repairDestinations(world);
    clock.hurriesTransfers = true;
    await settle(settleMs, () => isAtRest(world, false));
    const findings = await runChecks({ world, sent });
    return { findings, kills: killer.done(), ...(await summarize(world, sent)) };
  } finally {
    await killer.finish();
    await clock.stop();
  }
}
