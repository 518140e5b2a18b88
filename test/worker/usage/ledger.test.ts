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
import { uuidV7 } from '../../../worker/ids.ts';
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
        daysAfterRequest: nat({ max: 2 }),
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
            const { kind, status, bytes, createdBy, sourceHost, daysAfterRequest } = step;
            const id = uuidV7(ctx.now() - daysAfterRequest * DAY_MS);
            const storeOf = kind === 'store' ? (await makeJob(ctx, { workspaceId })).id : null;
            await endJob(ctx, { id, workspaceId, kind, storeOf, createdBy, sourceHost }, { status, bytes });
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
        const [secondDay, thirdDay] = [from + DAY_MS, from + 2 * DAY_MS];
        const ofDay = await readUsage(ctx, { workspaceId, from: secondDay, to: thirdDay, groupBy });
        const inDay = rows.filter(({ createdAt }) => createdAt >= secondDay && createdAt < thirdDay);
        expect(totalOf(ofDay)).toMatchObject({
          jobs: inDay.length,
          bytes: sum(inDay.map(({ bytes }) => bytes)),
        });
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

it.each([
  ['of jobs that ended on the day of their request', 0],
  ['that an index finds', 1],
])(
  'reads the rows of the range alone, %s, and none of them to create an import',
  async (_name, isLate) => {
    const { db, costOf } = meteredDb();
    const ctx = billingCtx({}, { db });
    const workspaceId = await makeWorkspace(ctx);
    const start = Date.UTC(2026, 0, 1 + isLate);
    const rows = 10_000;
    // A hundred a day.
    const timeOf = sql`${start} + i * 864000`;
    await ctx.db.run(sql`INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1}),
    t(time, hex) AS (SELECT ${timeOf}, printf('%012x', ${timeOf}) FROM n)
    SELECT substr(hex, 1, 8) || '-' || substr(hex, 9) || '-7000-8000-00000000000' || ${isLate}, ${workspaceId}, 'import', 'completed', '{}', 0, time FROM t`);
    await ctx.db
      .run(sql`INSERT INTO ledger (id, job_id, workspace_id, status, bytes, microdollars, created_at, kind, is_late)
    SELECT id, id, workspace_id, 'completed', 10, 1, created_at, 'import', ${isLate} FROM jobs WHERE workspace_id = ${workspaceId}`);
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
    // Each row is read in the table and in the groups, late ones also in the index, and those of one day more in the table.
    expect(read.rowsRead).toBeLessThanOrEqual(3 * 1000 + 150);
    await addCredit(ctx, workspaceId, 1);
    const create = () => createImport(ctx, { workspaceId, request: { url: 'https://media.example/a.mp4' } });
    expect((await costOf(create)).rowsRead).toBeLessThanOrEqual(60);
  },
  30_000,
);

it('refuses a second bill for a job, in the same workspace and in another one', async () => {
  const ctx = billingCtx();
  const workspaceId = await makeWorkspace(ctx);
  const stranger = await makeWorkspace(ctx);
  await endJob(ctx, { workspaceId }, { status: 'completed' });
  const again = (values: object) => async () => {
    const bill = (await ctx.db.query.ledger.findFirst({ where: eq(ledger.workspaceId, workspaceId) }))!;
    await ctx.db.insert(ledger).values({ ...bill, id: ctx.newId(), ...values });
  };
  const refusal = (message: string) => ({ cause: { message: expect.stringContaining(message) } });
  await expect(again({ createdAt: 1 })).rejects.toMatchObject(refusal('UNIQUE constraint failed'));
  const other = refusal('belongs to another workspace');
  await expect(again({ workspaceId: stranger })).rejects.toMatchObject(other);
});

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
