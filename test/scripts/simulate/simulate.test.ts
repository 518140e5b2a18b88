import { expect, describe, it } from 'vitest';
import { CALLS } from '../../../scripts/simulate/constants.ts';
import { Database } from '../../../scripts/simulate/database.ts';
import { createRandom } from '../../../scripts/simulate/random.ts';
import { simulate } from '../../../scripts/simulate/simulation.ts';
import { Timeline } from '../../../scripts/simulate/timeline.ts';

const SMALL = { concurrentJobs: 100, databases: 1, seconds: 120, seed: 7 };

describe('a simulation', () => {
  it('is repeated by its seed, and another seed gives another one', () => {
    const one = simulate(SMALL);
    expect(simulate(SMALL)).toEqual(one);
    expect(simulate({ ...SMALL, seed: 8 })).not.toEqual(one);
  });

  it('keeps every job: what was requested has ended, runs, waits or is on its way', () => {
    const { requested, completed, running, waiting } = simulate(SMALL);
    const onTheWay = requested - completed - running - waiting;
    expect(onTheWay).toBeGreaterThanOrEqual(0);
    expect(onTheWay).toBeLessThan(10);
    expect(completed).toBeGreaterThan(requested / 2);
  });

  it('has about as many concurrent jobs as it was asked for', () => {
    const { meanRunning } = simulate({ ...SMALL, seconds: 600 });
    expect(meanRunning).toBeGreaterThan(75);
    expect(meanRunning).toBeLessThan(125);
  });

  it('tells that one database cannot keep up with twenty thousand jobs, which sixteen can', () => {
    const many = { ...SMALL, concurrentJobs: 20_000, seconds: 60 };
    expect(simulate(many).canKeepUp).toBe(false);
    expect(simulate({ ...many, databases: 16 }).canKeepUp).toBe(true);
  });

  it('lets a workspace that requests little start at once beside a burst', () => {
    const { besideBurstMs } = simulate({ ...SMALL, seconds: 600 });
    expect(besideBurstMs.light.p50).toBeLessThan(besideBurstMs.heavy.p50);
  });

  it('names a cost whose parts make the total', () => {
    const { total, ...parts } = simulate(SMALL).costPerThousand;
    expect(Object.values(parts).reduce((sum, one) => sum + one, 0)).toBeCloseTo(total, 9);
    expect(Object.values(parts).every((dollars) => dollars > 0)).toBe(true);
  });
});

it('calls wait for a database as queueing theory says', () => {
  const [timeline, random] = [new Timeline(), createRandom(3)];
  const database = new Database(timeline);
  const serviceMs = CALLS.status.sqlMs;
  const utilization = 0.5;
  let [count, waitedMs] = [0, 0];
  const arrive = () => {
    const arrivedAtMs = timeline.nowMs;
    database.call('status', () => {
      count += 1;
      waitedMs += timeline.nowMs - arrivedAtMs - serviceMs;
    });
    timeline.after(random.exponential(serviceMs / utilization), arrive);
  };
  timeline.after(0, arrive);
  timeline.runUntil(300_000 * serviceMs);
  // Pollaczek and Khinchine, for a constant service time.
  const expectedMs = (utilization * serviceMs) / (2 * (1 - utilization));
  expect(waitedMs / count / expectedMs).toBeGreaterThan(0.95);
  expect(waitedMs / count / expectedMs).toBeLessThan(1.05);
});

it('a timeline runs the earliest first, and those of the same time in their order', () => {
  const [timeline, random] = [new Timeline(), createRandom(5)];
  const planned = Array.from({ length: 500 }, (_, order) => ({ atMs: random.index(50), order }));
  const ran: typeof planned = [];
  for (const one of planned) timeline.at(one.atMs, () => ran.push(one));
  timeline.runUntil(50);
  expect(ran).toEqual(planned.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order));
});

it('random numbers have their means and medians', () => {
  const random = createRandom(1);
  const draw = (one: () => number) => Array.from({ length: 20_000 }, one).toSorted((a, b) => a - b);
  const mean = (numbers: number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  expect(mean(draw(random.next))).toBeCloseTo(0.5, 1);
  expect(mean(draw(() => random.exponential(4))) / 4).toBeCloseTo(1, 1);
  const sizes = draw(() => random.logNormal(20, 1));
  expect((sizes[10_000] ?? NaN) / 20).toBeCloseTo(1, 1);
});
