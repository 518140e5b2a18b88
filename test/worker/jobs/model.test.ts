import { array, assert, asyncProperty } from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { emptyTables } from '../support/empty-tables.ts';
import { expectInvariants } from './model/invariants.ts';
import { actions, drain, perform } from './model/actions.ts';
import { makeWorld } from './model/world.ts';

beforeEach(emptyTables);

it('keeps the invariants in every order of claims, reports, expiries, ended instances, cancelations and repeated messages', async () => {
  await assert(
    asyncProperty(array(actions, { minLength: 5, maxLength: 60 }), async (steps) => {
      await emptyTables();
      const world = await makeWorld();
      for (const step of steps) {
        await perform(world, step);
        await expectInvariants(world);
      }
      await drain(world);
      await expectInvariants(world);
      const open = (await world.readJobs()).filter(({ finishedAt }) => finishedAt === null);
      expect(open).toEqual([]);
    }),
    { numRuns: 30 },
  );
}, 120_000);
