/** A workspace whose destination is a strict S3 stand-in that nobody knows, and imports to it. */
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { expect, onTestFinished } from 'vitest';
import { parseConfig } from '../../../../worker/config.ts';
import type { LiveAttempt } from '../../../../worker/db/rows.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { saveDestination } from '../../../../worker/storage/destinations/save-destination.ts';
import type { RemoteOptions } from '../../../support/strict-s3/remote.ts';
import { sendAll } from '../../support/customer.ts';
import { artifactRequest, makeLive, someBytes, withFeatures } from '../../support/uploads.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeWorkspace } from '../../support/rows.ts';
import { startStandIn, WRITER } from './stand-in.ts';

/** The file of the imports. */
export const bytes = someBytes(3000);
let count = 0;

/** Starts the stand-in, and saves the settings. */
export async function start(options: RemoteOptions, settings: Partial<DestinationInput> = {}) {
  const standIn = await startStandIn(options, settings.endpoint);
  onTestFinished(standIn.stop);
  const config = { ...parseConfig(env), EGRESS_ALLOW: `storage:${new URL(standIn.endpoint).host}` };
  const byName = settings.endpoint === undefined ? {} : { fetch: standIn.ctx.fetch };
  const ctx = makeCtx({ config, random: () => 0, ...byName });
  const { endpoint, region, bucket } = standIn;
  const { accessKeyId, secretAccessKey } = WRITER;
  const saved = { endpoint, region, bucket, accessKeyId, secretAccessKey, ...settings };
  const workspaceId = await makeWorkspace(ctx);
  const save = (keys: Partial<DestinationInput> = {}) =>
    saveDestination(ctx, { workspaceId, input: DestinationInput.parse({ ...saved, ...keys }) });
  await save();
  const row = async () =>
    (await ctx.db.query.destinations.findFirst({ where: (t) => eq(t.workspaceId, workspaceId) }))!;
  const begin = async (request: Parameters<typeof makeLive>[1] = {}) => {
    const live = withFeatures(await makeLive(ctx, { store: true, ...request }, workspaceId));
    const title = `clip ${++count}`;
    const plan = await openPlacement(ctx, {
      live,
      file: artifactRequest({ title, sizeBytes: bytes.length }),
    });
    return { live, plan, title };
  };
  const warnings = async ({ job }: LiveAttempt) =>
    (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, job.id) }))!.warnings;
  const store = async (request: Parameters<typeof makeLive>[1] = {}) => {
    const { live, plan, title } = await begin(request);
    const body = await sendAll(ctx, live, plan, bytes);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
    return { live, plan, title, warnings: await warnings(live) };
  };
  return { standIn, ctx, workspaceId, row, begin, store, warnings, save };
}
