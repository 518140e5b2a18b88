import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { UploadPlan } from '../../../../worker/contract/downloader/upload-plan.ts';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { deleteDestination } from '../../../../worker/storage/destinations/destinations.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { saveDestination } from '../../../../worker/storage/destinations/save-destination.ts';
import {
  makeCustomer,
  makeCustomerCtx,
  readObject,
  s3,
  sendAll,
  server,
  toSign,
} from '../../support/customer.ts';
import {
  artifactRequest,
  makeLive,
  placementsOf,
  putAll,
  someBytes,
  signFor,
} from '../../support/uploads.ts';

const code = (name: string) => expect.objectContaining({ code: name });
let count = 0;

/** An upload in progress to the destination `archive`, by name or as the default, and changes of its settings. */
async function begin(settings: object = {}, request: object = { storageDestination: 'archive' }) {
  const ctx = makeCustomerCtx();
  const workspaceId = await makeCustomer(ctx, { bucket: 'no-such-bucket' });
  const { endpoint, region, bucket, putOnly } = server();
  const change = (values: object = {}) =>
    saveDestination(ctx, {
      workspaceId,
      name: 'archive',
      input: DestinationInput.parse({ endpoint, region, bucket, ...values }),
    });
  await change({ ...putOnly, ...settings });
  const live = await makeLive(ctx, { store: true, ...request }, workspaceId);
  const title = `changed settings ${++count}`;
  const bytes = someBytes(40_000, count);
  const plan = await openPlacement(ctx, { live, file: artifactRequest({ title, sizeBytes: bytes.length }) });
  expect(plan.storage).toBe('destination');
  const sign = async () =>
    signFor(ctx, {
      live,
      placementId: plan.placementId,
      parts: [await toSign(1, bytes, plan.digest)],
      token: 'token',
    });
  const finish = async () =>
    completePlacement(ctx, {
      live,
      placementId: plan.placementId,
      report: await sendAll(ctx, live, plan, bytes),
    });
  /** Acts as a downloader that gets no signature. */
  const giveUp = async (failure: 'storage_not_configured' | 'storage_credentials_unreadable') => {
    const next = (
      await abortPlacement(ctx, { live, placementId: plan.placementId, failure: { code: failure } })
    ).plan as UploadPlan;
    return completePlacement(ctx, {
      live,
      placementId: next.placementId,
      report: await putAll(ctx, live, next, bytes),
    });
  };
  return { ctx, workspaceId, live, title, bytes, plan, change, sign, finish, giveUp };
}

function otherSettings(values: object = {}): DestinationInput {
  const { endpoint, region, bucket, putOnly } = server();
  return DestinationInput.parse({ endpoint, region, bucket, ...putOnly, ...values });
}

describe.skipIf(s3 === null)('settings that change under an upload (versitygw)', () => {
  it('sign the next part with the new credentials', async () => {
    const { title, bytes, change, sign, finish } = await begin();
    const { accessKeyId, secretAccessKey, putOnly } = server();
    const keyOf = async () =>
      /Credential=([^/]+)/.exec((await sign())[0]?.headers['authorization'] ?? '')?.[1];
    expect(await keyOf()).toBe(putOnly.accessKeyId);
    await change({ accessKeyId, secretAccessKey });
    expect(await keyOf()).toBe(accessKeyId);
    expect(await finish()).toEqual({ outcome: 'stored' });
    expect((await readObject(`${title}.mp4`))!.bytes).toEqual(bytes);
  });

  it('leave the upload in its bucket', async () => {
    const { ctx, live, title, bytes, change, finish } = await begin();
    await change({ bucket: 'another-bucket', defaultPathPrefix: 'elsewhere' });
    expect(await finish()).toEqual({ outcome: 'stored' });
    expect((await readObject(`${title}.mp4`))!.bytes).toEqual(bytes);
    expect(await placementsOf(ctx, live)).toMatchObject([{ status: 'stored', bucket: server().bucket }]);
  });

  it('send the file to service storage when they are deleted, and the job says why', async () => {
    const { ctx, workspaceId, live, sign, giveUp } = await begin();
    await deleteDestination(ctx, { workspaceId, name: 'archive' });
    await expect(sign()).rejects.toThrow(code('storage_not_configured'));
    expect(await giveUp('storage_not_configured')).toEqual({ outcome: 'stored' });
    const rows = await placementsOf(ctx, live);
    expect(rows.map(({ status, errorCode }) => `${status} ${errorCode}`).sort()).toEqual([
      'aborted storage_not_configured',
      'stored null',
    ]);
  });

  it.each([
    ['named', {}, { storageDestination: 'archive' }],
    ['the default one until then', { isDefault: true }, {}],
  ])(
    'fail it when they are deleted and kept files out of service storage: %s',
    async (_, settings, request) => {
      const { ctx, workspaceId, live, sign, giveUp } = await begin(
        { fallback: 'none', ...settings },
        request,
      );
      const input = otherSettings({ isDefault: true });
      await saveDestination(ctx, { workspaceId, name: 'other', input });
      await deleteDestination(ctx, { workspaceId, name: 'archive' });
      await expect(sign()).rejects.toThrow(code('storage_not_configured'));
      await expect(giveUp('storage_not_configured')).rejects.toThrow(code('storage_not_configured'));
      const rows = await placementsOf(ctx, live);
      expect(rows.map(({ destinationId }) => destinationId)).not.toContain(null);
    },
  );

  it('fail the waiting jobs when they are deleted and kept files out of service storage', async () => {
    const ctx = makeCustomerCtx();
    const workspaceId = await makeCustomer(ctx, { fallback: 'none' });
    await saveDestination(ctx, { workspaceId, name: 'other', input: otherSettings() });
    const asked = [{ store: true }, { store: true, storageDestination: 'other' }, {}];
    const [kept, other, none] = await Promise.all(asked.map((one) => makeLive(ctx, one, workspaceId)));
    await deleteDestination(ctx, { workspaceId });
    await deleteDestination(ctx, { workspaceId, name: 'other' });
    const later = await makeLive(ctx, { store: true }, workspaceId);
    await expect(openPlacement(ctx, { live: kept!, file: artifactRequest() })).rejects.toThrow(
      code('storage_not_configured'),
    );
    for (const live of [other!, none!, later])
      expect(await openPlacement(ctx, { live, file: artifactRequest() })).toMatchObject({
        storage: 'service',
      });
  });

  it('send the file to service storage when their key is gone, and the job says why', async () => {
    const { ctx, live, sign, giveUp } = await begin();
    ctx.config = { ...ctx.config, CREDENTIAL_KEYS: `gone:${btoa('0'.repeat(32))}` };
    await expect(sign()).rejects.toThrow(code('storage_credentials_unreadable'));
    expect(await giveUp('storage_credentials_unreadable')).toEqual({ outcome: 'stored' });
    const codes = (await placementsOf(ctx, live)).map(({ errorCode }) => errorCode);
    expect(codes).toContain('storage_credentials_unreadable');
  });

  it('of one destination do not affect another', async () => {
    const { ctx, workspaceId, title, bytes, finish } = await begin();
    const row = await ctx.db.query.destinations.findFirst({
      where: (table, { and }) => and(eq(table.workspaceId, workspaceId), eq(table.isDefault, true)),
    });
    await ctx.db
      .update(destinations)
      .set({ secretAccessKey: 'v1.gone.x.y' })
      .where(eq(destinations.id, row!.id));
    expect(await finish()).toEqual({ outcome: 'stored' });
    expect((await readObject(`${title}.mp4`))!.bytes).toEqual(bytes);
  });
});
