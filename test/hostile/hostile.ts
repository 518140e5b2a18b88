/**
 * `npm run hostile`: runs every hostile case beside an honest neighbor, on a downloader with 1 GiB of memory (Linux), and
 * prints a table; then sixteen kinds at once beside sixteen honest imports, and a source that kills its downloader.
 * `npm run hostile -- WORD` runs the cases whose names contain the word. Exit code 1 if a case fails.
 */
import { CASES, type HostileCase } from './cases.ts';
import { runCrashes } from './crashes.ts';
import { runCrowd } from './crowd.ts';
import { runCase, type Row } from './run-case.ts';
import { startWorld, type World } from './world.ts';

/** Honest imports before the first case. */
const WARM_UP = 10;
const NARROW = { jobsPerSlot: 4, maxConcurrent: 4 };
/** For cases with many jobs at once. */
const WIDE = { jobsPerSlot: 32, maxConcurrent: 16 };

function printed(row: Row) {
  return {
    case: row.name,
    ends: [...new Set(row.ended)].join(', '),
    s: row.seconds.toFixed(1),
    'alone ms': row.aloneMs.toFixed(0),
    'beside ms': row.besideMs.toFixed(0),
    slowest: row.slowestMs.toFixed(0),
    'RSS MiB': row.peakRssMiB.toFixed(0),
    'with children': row.peakTreeMiB.toFixed(0),
    children: row.mostChildren,
    'CPU s': row.cpuSeconds.toFixed(1),
    'disk MiB': row.peakDiskMiB.toFixed(0),
    'loop ms': row.loopDelayMs.toFixed(0),
    result: row.faults.length === 0 ? 'ok' : row.faults.join('; '),
  };
}

async function inWorld<T>(
  options: Parameters<typeof startWorld>[0],
  task: (world: World) => Promise<T>,
): Promise<T> {
  const world = await startWorld(options);
  try {
    for (let count = 0; count < WARM_UP; count += 1) await world.importHonest();
    return await task(world);
  } finally {
    await world.stop();
  }
}

async function runCases(world: World, cases: readonly HostileCase[]): Promise<Row[]> {
  console.log(`The memory of the downloader is limited by ${world.downloader.limit}.`);
  const rows: Row[] = [];
  for (const one of cases) {
    const row = await runCase(world, one);
    rows.push(row);
    console.log(`${row.name}: ${row.faults.length === 0 ? 'ok' : row.faults.join('; ')}`);
  }
  return rows;
}

/** Returns false when a hostile import of the crowd ended otherwise than it should, or left something. */
async function showCrowd(world: World): Promise<boolean> {
  const { hostile, honestMs, left, peakRssMiB, peakTreeMiB, loopDelayMs } = await runCrowd(world);
  const wrong = hostile.filter(({ ended, ends }) => !ends.includes(ended));
  console.log(
    `${hostile.length} kinds at once: all of ${honestMs.length} honest imports completed, the slowest after ` +
      `${Math.max(...honestMs).toFixed(0)} ms; ${peakRssMiB.toFixed(0)} MiB, with children ${peakTreeMiB.toFixed(0)} MiB, ` +
      `loop delay ${loopDelayMs.toFixed(0)} ms.`,
  );
  for (const { name, ended, ends } of wrong)
    console.log(`${name}: ended with ${ended} instead of ${ends.join()}`);
  if (left.length > 0) console.log(`Left: ${left.join(', ')}`);
  return wrong.length === 0 && left.length === 0;
}

/** Returns false when the source was not named as the cause. */
async function showCrashes(): Promise<boolean> {
  const { ended, crashes, honestMs } = await runCrashes();
  const times = honestMs.map((ms) => ms.toFixed(0)).join(', ');
  console.log(
    `a source that kills its downloader: ${ended} after ${crashes} crashes; honest imports after each: ${times} ms.`,
  );
  return ended === 'source_crashes_downloader' && crashes === 3;
}

/** More jobs at once than the places of the first downloader. */
const isWide = ({ jobs = 1 }: HostileCase) => jobs > NARROW.jobsPerSlot;

const [word] = process.argv.slice(2);
const chosen = CASES.filter(({ name }) => name.includes(word ?? ''));
if (chosen.length === 0) {
  console.error(
    `No case is named like "${word}". The cases are:\n${CASES.map(({ name }) => name).join('\n')}`,
  );
  process.exit(1);
}
const [wide, narrow] = [chosen.filter(isWide), chosen.filter((one) => !isWide(one))];
const rows = narrow.length > 0 ? await inWorld(NARROW, (world) => runCases(world, narrow)) : [];
const others: boolean[] = [];
if (word === undefined || wide.length > 0)
  await inWorld(WIDE, async (world) => {
    rows.push(...(await runCases(world, wide)));
    if (word === undefined) others.push(await showCrowd(world));
  });
if (word === undefined) others.push(await showCrashes());
console.table(rows.map(printed));
if (others.includes(false) || rows.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
