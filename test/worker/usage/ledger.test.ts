/** The sums of GET /usage and of the balance, compared with the rows of the ledger. */
import { eq, sql } from 'drizzle-orm';
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
  constant,
  subarray,
} from 'fast-check';
import { expect, it } from 'vitest';
import { UsageGroup } from '../../../worker/contract/api/usage.ts';
import { costMicrodollars } from '../../../worker/contract/cost.ts';
import { credits, ledger } from '../../../worker/db/tables/ledger.ts';
import { createImport } from '../../../worker/jobs/create-import.ts';
import { readBalance } from '../../../worker/usage/balance.ts';
import { readUsage, totalOf } from '../../../worker/usage/read-usage.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import { addCredit, billingCtx, endJob } from './spend.ts';

const DAY_MS = 86_400_000;
const FREE_BYTES = 5000;
const PRICE = 0.0037;

const steps = array(
  oneof(
    {
      weight: 1,
      arbitrary: record({ do: constant('pay' as const), microdollars: integer({ min: -50, max: 500 }) }),
    },
    { weight: 1, arbitrary: record({ do: constant('wait' as const), days: nat({ max: 3 }) }) },
    {
      weight: 5,
      arbitrary: record({
        do: constant('end' as const),
        kind: constantFrom('import' as const, 'store' as const),
        status: constantFrom(
          'completed' as const,
          'completed' as const,
          'failed' as const,
          'canceled' as const,
        ),
        bytes: integer({ min: 1, max: 4000 }),
        createdBy: constantFrom(null, 'key-1', 'key-2'),
        sourceHost: constantFrom(null, 'a.example', 'b.example'),
      }),
    },
  ),
  { minLength: 1, maxLength: 10 },
);

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

it('equals the ledger in every sum, and bills completed imports alone', async () => {
  await assert(
    asyncProperty(
      steps,
      subarray(UsageGroup.options),
      constantFrom('on' as const, 'off' as const),
      async (list, groupBy, BILLING) => {
        const ctx = billingCtx({ BILLING, FREE_BYTES, PRICE_PER_MB_USD: PRICE });
        const [workspaceId, stranger] = [await makeWorkspace(ctx), await makeWorkspace(ctx)];
        const from = ctx.now();
        await endJob(ctx, { workspaceId: stranger }, { status: 'completed', bytes: 77 });
        for (const step of list) {
          if (step.do === 'pay') await addCredit(ctx, workspaceId, step.microdollars);
          else if (step.do === 'wait') ctx.clock.advance(step.days * DAY_MS);
          else {
            const { kind, status, bytes, createdBy, sourceHost } = step;
            const storeOf = kind === 'store' ? (await makeJob(ctx, { workspaceId })).id : null;
            await endJob(ctx, { workspaceId, kind, storeOf, createdBy, sourceHost }, { status, bytes });
          }
        }
        const rows = await ctx.db.select().from(ledger).where(eq(ledger.workspaceId, workspaceId));
        const paid = await ctx.db.select().from(credits).where(eq(credits.workspaceId, workspaceId));
        const ends = list.filter((step) => step.do === 'end');
        const imported = ends.filter(({ kind, status }) => kind === 'import' && status === 'completed');
        // What the steps should have cost, one after the other.
        let free = BILLING === 'on' ? FREE_BYTES : 0;
        const costs = imported.map(({ bytes }) => {
          const freeBytes = Math.min(free, bytes);
          free -= freeBytes;
          return costMicrodollars(bytes, PRICE) - costMicrodollars(freeBytes, PRICE);
        });
        const total = totalOf(await readUsage(ctx, { workspaceId, from, to: ctx.now() + 1, groupBy }));
        expect(total).toMatchObject({
          jobs: ends.length,
          completed: rows.filter(({ status }) => status === 'completed').length,
          failed: rows.filter(({ status }) => status === 'failed').length,
          canceled: rows.filter(({ status }) => status === 'canceled').length,
          bytes: sum(imported.map(({ bytes }) => bytes)),
          freeBytes: sum(rows.map(({ freeBytes }) => freeBytes)),
          microdollars: sum(costs),
        });
        expect(sum(rows.map(({ microdollars }) => microdollars))).toBe(sum(costs));
        expect(sum(Object.values(total.failures))).toBe(total.failed);
        expect(await readBalance(ctx, workspaceId)).toEqual({
          creditedMicrodollars: sum(paid.map(({ microdollars }) => microdollars)),
          spentMicrodollars: BILLING === 'on' ? sum(costs) : 0,
          freeBytesUsed: total.freeBytes,
          heldBytes: 0,
        });
      },
    ),
    { numRuns: 20 },
  );
}, 60_000);

it('reads the rows of the range alone, and none of them to create an import', async () => {
  const { db, costOf } = meteredDb();
  const ctx = billingCtx({}, { db });
  const workspaceId = await makeWorkspace(ctx);
  const start = Date.UTC(2026, 0, 1);
  const rows = 10_000;
  await ctx.db.run(sql`INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1})
    SELECT ${workspaceId} || i, ${workspaceId}, 'import', 'completed', '{}', 0, i FROM n`);
  // A hundred a day.
  await ctx.db
    .run(sql`INSERT INTO ledger (id, job_id, workspace_id, status, bytes, microdollars, created_at, kind)
    SELECT id, id, workspace_id, 'completed', 10, 1, ${start} + created_at * 864000, 'import' FROM jobs WHERE workspace_id = ${workspaceId}`);
  const tenDays = {
    workspaceId,
    from: start + 10 * DAY_MS,
    to: start + 20 * DAY_MS,
    groupBy: ['day'] as const,
  };
  let found = 0;
  const read = await costOf(async () => {
    found = (await readUsage(ctx, tenDays)).length;
  });
  expect(found).toBe(10);
  // Each row is read in the index, in the table and in the groups.
  expect(read.rowsRead).toBeLessThanOrEqual(3 * 1000 + 50);
  await addCredit(ctx, workspaceId, 1);
  const create = () => createImport(ctx, { workspaceId, request: { url: 'https://media.example/a.mp4' } });
  expect((await costOf(create)).rowsRead).toBeLessThanOrEqual(60);
}, 30_000);

it('refuses to change or to delete a payment', async () => {
  const ctx = billingCtx();
  const workspaceId = await makeWorkspace(ctx);
  await addCredit(ctx, workspaceId, 5);
  const isOwn = eq(credits.workspaceId, workspaceId);
  const change = ctx.db.update(credits).set({ microdollars: 6 });
  const refusal = { cause: { message: expect.stringContaining('add a row with the difference') } };
  await expect(change.where(isOwn)).rejects.toMatchObject(refusal);
  await expect(ctx.db.delete(credits).where(isOwn)).rejects.toMatchObject(refusal);
  expect(await readBalance(ctx, workspaceId)).toMatchObject({ creditedMicrodollars: 5 });
});

it('takes kind, host and code from the job when an earlier version writes the row', async () => {
  const ctx = billingCtx();
  const workspaceId = await makeWorkspace(ctx);
  const values = [ctx.newId(), ctx.newId()] as const;
  await ctx.db
    .run(sql`INSERT INTO jobs (id, workspace_id, kind, status, request, source_host, error_code, run_after, created_at)
    VALUES (${values[0]}, ${workspaceId}, 'import', 'failed', '{}', 'a.example', 'source_not_found', 0, 0)`);
  await ctx.db.run(sql`INSERT INTO ledger (id, job_id, workspace_id, status, bytes, microdollars, created_at)
    VALUES (${values[1]}, ${values[0]}, ${workspaceId}, 'failed', 0, 0, 0)`);
  expect(await ctx.db.query.ledger.findFirst({ where: eq(ledger.id, values[1]) })).toMatchObject({
    kind: 'import',
    host: 'a.example',
    code: 'source_not_found',
    isBilled: false,
  });
});
