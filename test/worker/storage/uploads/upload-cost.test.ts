import { beforeEach, expect, it } from 'vitest';
import { completeJob } from '../../../../worker/jobs/complete-job.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { signParts } from '../../../../worker/storage/uploads/sign-parts.ts';
import { refOf } from '../../support/claimed.ts';
import { copyImport } from '../../support/copy-rows.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';
import {
  artifactRequest,
  crc32Of,
  makeLive,
  MIB,
  put,
  putAll,
  someBytes,
  withFeatures,
} from '../../support/uploads.ts';

beforeEach(emptyTables);

it('asks D1 twice to open an upload, never to sign with its grant, once to take a file, and twice to complete', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const live = withFeatures(await makeLive(ctx));
  const bytes = someBytes(1000);
  const calls = async (work: () => Promise<unknown>) => (await costOf(work)).calls;
  const file = artifactRequest({ sizeBytes: bytes.length });
  const plan = await openPlacement(ctx, { live, file });
  const { placementId, grant = null } = plan;
  const request = { ...refOf(live.job), placementId };
  const parts = [{ number: 1, sizeBytes: bytes.length, digest: crc32Of(bytes) }];
  const report = await putAll(ctx, live, plan, bytes);
  const again = await makeLive(ctx);
  expect({
    open: await calls(() => openPlacement(ctx, { live: again, file })),
    sign: await calls(() => signParts(ctx, { ...request, grant, parts, token: 'token' })),
    signWithoutGrant: await calls(() => signParts(ctx, { ...request, grant: null, parts, token: 'token' })),
    put: await calls(() => put(ctx, live, plan, 1, bytes)),
    complete: await calls(() => completePlacement(ctx, { live, placementId, report })),
  }).toEqual({ open: 2, sign: 0, signWithoutGrant: 1, put: 1, complete: 2 });
});

it('asks D1 for no part of a large file', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const live = withFeatures(await makeLive(ctx));
  const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: 20 * MIB }) });
  const cost = await costOf(() => putAll(ctx, live, plan, someBytes(20 * MIB)));
  expect(cost).toMatchObject({ calls: 0 });
});

it('reads as many rows for one upload with 2,000 stored files as with none', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const bytes = someBytes(1000);
  const upload = async () => {
    const live = withFeatures(await makeLive(ctx));
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: bytes.length }) });
    await completePlacement(ctx, {
      live,
      placementId: plan.placementId,
      report: await putAll(ctx, live, plan, bytes),
    });
    await completeJob(ctx, { ref: refOf(live.job), report: { warnings: [] } });
  };
  const alone = await costOf(upload);
  await copyImport(ctx, 2000);
  const amongMany = await costOf(upload);
  expect(amongMany.rowsRead).toBeLessThan(alone.rowsRead + 20);
});
