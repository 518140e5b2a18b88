import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import { lostProof } from '../../../../worker/contract/downloader/lost-proof.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { endAttemptsOfSlot } from '../../../../worker/jobs/end/end-attempts-of-slot.ts';
import { makeClaimed } from '../../support/claimed.ts';
import { copyRows, numbered } from '../../support/copy-rows.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';
import { sql } from 'drizzle-orm';

beforeEach(emptyTables);

const hello = async (ctx: TestCtx, lost: unknown) => {
  const body = JSON.stringify({ lost });
  const headers = { 'content-type': 'application/json' };
  const answer = await createApp(ctx).request('/internal/hello', { method: 'POST', headers, body });
  return answer.status === 200 ? (await answer.json<{ known: number }>()).known : answer.status;
};
const readJob = async (ctx: TestCtx, id: string) =>
  (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;

describe('POST /internal/hello', () => {
  it('ends the attempts of the process before as crashes, and rings for their jobs within seconds', async () => {
    const ctx = makeCtx();
    const lost = await makeClaimed(ctx);
    const unheard = await makeClaimed(ctx);
    await ctx.db.update(jobs).set({ acceptedAt: null }).where(eq(jobs.id, unheard.job.id));
    const other = await makeClaimed(ctx);
    expect(await hello(ctx, await Promise.all([lost, unheard].map(({ token }) => lostProof(token))))).toBe(2);
    for (const { job } of [lost, unheard]) {
      const crashed = { status: 'queued', failures: 1, crashes: 1, errorCode: 'downloader_lost' };
      expect(await readJob(ctx, job.id)).toMatchObject(crashed);
      expect((await readJob(ctx, job.id)).runAfter).toBeLessThanOrEqual(ctx.now() + 1000);
    }
    expect(await readJob(ctx, other.job.id)).toMatchObject({ status: 'processing' });
    expect(Math.max(...ctx.rings)).toBe(1);
  });

  it('ends nothing for a forged proof, for the token itself, and for an attempt that is not the last', async () => {
    const ctx = makeCtx();
    const { job, token } = await makeClaimed(ctx);
    const proof = await lostProof(token);
    const forged = `${proof.slice(0, -1)}${proof.endsWith('A') ? 'B' : 'A'}`;
    expect(await hello(ctx, [forged, token, 'x', ''])).toBe(0);
    await ctx.db.update(jobs).set({ attempt: 2 }).where(eq(jobs.id, job.id));
    expect(await hello(ctx, [proof])).toBe(1);
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'processing', attempt: 2 });
    ctx.clock.advance(24 * 3600_000);
    expect(await hello(ctx, [proof])).toBe(0);
    expect(await hello(ctx, [])).toBe(400);
    expect(await hello(ctx, 'proof')).toBe(400);
  });
});

it('the end of a slot with many attempts stays below the 1,000 statements of D1', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  for (const values of [{}, { cancelRequestedAt: ctx.now() }, { failures: ctx.config.MAX_FAILURES - 1 }]) {
    const { job } = await makeClaimed(ctx, values);
    const count = 60;
    await copyRows(ctx, jobs, { count, changed: { id: numbered('id') }, where: sql`id = ${job.id}` });
  }
  const cost = await costOf(async () => {
    await endAttemptsOfSlot(ctx, { slot: 'slot-0', stoppedAt: ctx.now() });
    await ctx.settled();
  });
  expect(cost.statements).toBeLessThan(1000);
  expect(await ctx.db.$count(jobs, eq(jobs.status, 'queued'))).toBeGreaterThanOrEqual(61);
});
