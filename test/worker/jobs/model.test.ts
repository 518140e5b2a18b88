import { array, assert, asyncProperty } from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { emptyTables } from '../support/empty-tables.ts';
import { expectInvariants } from './model/invariants.ts';
import { actions, drain, perform } from './model/actions.ts';
import { makeWorld } from './model/world.ts';

beforeEach(emptyTables);

it('keeps the invariants in every order of claims, hand-overs, reports, expiries, ended instances, cancelations and repeated messages', async () => {
  await assert(
    asyncProperty(array(actions, { minLength: 5, maxLength: 40 }), async (steps) => {
      await emptyTables();
      const world = await makeWorld();
      for (const workspace of [0, 1, 1, 1, 1]) await perform(world, { do: 'create', workspace });
      await perform(world, { do: 'ring', outcomes: [] });
      for (const step of steps) {
        await perform(world, step);
        await expectInvariants(world);
      }
      await drain(world);
      await expectInvariants(world);
      const open = (await world.readJobs()).filter(({ finishedAt }) => finishedAt === null);
      expect(open).toEqual([]);
    }),
    { numRuns: 14 },
  );
}, 120_000);
