import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { makeClaimed } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';

beforeEach(emptyTables);

it('ends the attempt, and rings, although its end cannot be logged', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx);
  const { log } = ctx;
  ctx.log = {
    error: (event, facts) => log.error(event, facts),
    info: (event, facts) => {
      if (event === 'attempt.ended') throw new Error('the log is full');
      log.info(event, facts);
    },
  };
  await failJob(ctx, { ref, report: { failure: { code: 'source_unavailable' }, source: null } });
  const after = await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, job.id) });
  expect(after).toMatchObject({ status: 'queued', failures: 1 });
  expect(ctx.lines).toContainEqual(expect.objectContaining({ event: 'end.not_recorded' }));
  expect(ctx.rings.length).toBeGreaterThan(0);
});
