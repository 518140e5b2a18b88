/**
 * `npm run chaos`: sends imports of every kind from two workspaces while parts of the system are killed at seeded points, and
 * checks afterwards that every job ended once, was billed once and announced, and left nothing.
 *
 *     npm run chaos -- [--seed N] [--jobs 200] [--kills 70]
 *
 * A seed repeats the requests and the kill points; which request meets which kill depends on the machine. Exit code 1 when
 * something is not as it must be.
 */
import { orExit } from '../../scripts/lib/arguments.ts';
import { chaosOptions } from './options.ts';
import { makePlan } from './plan.ts';
import { runChaos } from './run-chaos.ts';

const SETTLE_MS = 180_000;

const { seed, jobs, kills } = orExit(() => chaosOptions(process.argv.slice(2)));
console.log(`Seed ${seed}`);
const plan = makePlan(seed, { jobs, kills });
const result = await runChaos({ seed, plan, settleMs: SETTLE_MS, say: (line) => console.log(line) });
const victims = Object.groupBy(result.kills, (name) => name.split(' ')[0] ?? '');
console.table({
  seed,
  requests: result.requests,
  'repeated by clients': result.repeats,
  ...prefixed('jobs', result.jobs),
  ...prefixed('attempts', result.attempts),
  ...prefixed(
    'kills of',
    Object.fromEntries(Object.entries(victims).map(([name, list]) => [name, list?.length ?? 0])),
  ),
  'uploads for the rule of the storage': result.unknownUploads,
  events: result.events,
  deliveries: result.deliveries,
  'deliveries taken': result.taken,
  seconds: Math.round(result.seconds),
});
const missed = plan.kills.length - result.kills.length;
if (missed > 0) console.log(`${missed} kill points were not reached.`);
for (const { check, problem } of result.findings) console.log(`✗ ${check}: ${problem}`);
if (result.findings.length > 0) {
  console.log(`Repeat it with: npm run chaos -- --seed ${seed} --jobs ${jobs} --kills ${kills}`);
  process.exitCode = 1;
} else console.log('Every check holds.');

function prefixed(name: string, numbers: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([key, value]) => [`${name} ${key}`, value]));
}
