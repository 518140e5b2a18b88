import { expect, it } from 'vitest';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { artifactRequest, makeLive, putAll, someBytes } from '../../support/uploads.ts';

it.each([
  [{ maxBytes: 4999 }, 'max_bytes_exceeded'],
  [{ maxCostInDollars: 0.000001 }, 'max_cost_exceeded'],
  [{ maxDurationSeconds: 200 }, 'max_duration_exceeded'],
])(
  'a file beyond %j of its request is not completed, whatever the downloader allows',
  async (request, code) => {
    const ctx = makeCtx();
    const live = await makeLive(ctx, request);
    const bytes = someBytes(5000);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: bytes.length }) });
    const report = await putAll(ctx, live, plan, bytes);
    const completing = completePlacement(ctx, { live, placementId: plan.placementId, report });
    await expect(completing).rejects.toEqual(expect.objectContaining({ code }));
  },
);
