import { beforeEach, expect, it } from 'vitest';
import { completeJob } from '../../../../worker/jobs/complete-job.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { refOf } from '../../support/claimed.ts';
import { copyImport } from '../../support/copy-rows.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';
import { artifactRequest, makeLive, putAll, someBytes } from '../../support/uploads.ts';

beforeEach(emptyTables);

it('reads as many rows for one upload with 2,000 stored files as with none', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const bytes = someBytes(1000);
  const upload = async () => {
    const live = await makeLive(ctx);
    const plan = await openPlacement(ctx, live, artifactRequest({ sizeBytes: bytes.length }));
    await completePlacement(ctx, live, plan.placementId, await putAll(ctx, live, plan, bytes));
    await completeJob(ctx, { ref: refOf(live.job), report: { warnings: [] } });
  };
  const alone = await costOf(upload);
  await copyImport(ctx, 2000);
  const amongMany = await costOf(upload);
  expect(amongMany.rowsRead).toBeLessThan(alone.rowsRead + 20);
});
