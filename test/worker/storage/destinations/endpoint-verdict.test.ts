import { describe, expect, it } from 'vitest';
import type { ProbeAnswer } from '../../../../worker/contract/downloader/command.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { saveAndTest } from '../../../../worker/routes/storage/save-and-test.ts';
import { recordPublicAccess } from '../../../../worker/storage/connection/record-public-access.ts';
import { testStorage } from '../../../../worker/storage/connection/test-storage.ts';
import { getDestination } from '../../../../worker/storage/destinations/destinations.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { makeCustomer, makeCustomerCtx, s3, sendAll, server } from '../../support/customer.ts';
import type { TestCtx } from '../../support/make-ctx.ts';
import { makeWorkspace } from '../../support/rows.ts';
import { artifactRequest, makeLive, placementsOf, someBytes } from '../../support/uploads.ts';

const ALLOWED: ProbeAnswer = { addresses: ['203.0.113.7'], allowed: true, reason: null, tls: null };
/** The answer for a name that resolves to private addresses only, and for one that does not exist. */
const NO_ADDRESS: ProbeAnswer = { addresses: [], allowed: true, reason: 'no public address', tls: null };
const FORBIDDEN: ProbeAnswer = { addresses: [], allowed: false, reason: 'loopback address', tls: null };
const MINUTE = 60_000;

/** A context that counts the requests to storages, with the answer of its downloader. */
function countingCtx(probeAnswer: ProbeAnswer): TestCtx & { sent: string[] } {
  const sent: string[] = [];
  const counted: typeof fetch = (input, init) => {
    sent.push(`${init?.method} ${new Request(input).url}`);
    return fetch(input, init);
  };
  const ctx = makeCustomerCtx({ fetch: counted });
  ctx.downloader.probeAnswer = probeAnswer;
  return Object.assign(ctx, { sent });
}

const input = (values: object = {}) => {
  const { endpoint, region, bucket, putOnly } = server();
  return DestinationInput.parse({ endpoint, region, bucket, ...putOnly, ...values });
};

/** Saves settings that the test refuses. */
async function saveRefused(ctx: TestCtx, values: object = {}): Promise<string> {
  const workspaceId = await makeWorkspace(ctx);
  const { test } = await saveAndTest(ctx, { workspaceId, input: input(values) });
  expect(test.ok).toBe(false);
  return workspaceId;
}

async function open(ctx: TestCtx, workspaceId: string) {
  const live = await makeLive(ctx, { store: true }, workspaceId);
  return { live, plan: await openPlacement(ctx, { live, file: artifactRequest() }) };
}

describe.skipIf(s3 === null)('an endpoint that the probe refused', () => {
  it.each([
    ['storage_unreachable', NO_ADDRESS],
    ['storage_address_forbidden', FORBIDDEN],
  ])('gets no request, and the import falls back with %s', async (code, answer) => {
    const ctx = countingCtx(answer);
    const { live, plan } = await open(ctx, await saveRefused(ctx));
    expect(plan.storage).toBe('service');
    const refused = (await placementsOf(ctx, live)).find((row) => row.destinationId !== null);
    expect(refused).toMatchObject({ errorCode: code, errorDetail: expect.stringContaining('no address') });
    expect(ctx.sent).toEqual([]);
  });

  it('fails the import without a fallback', async () => {
    const ctx = countingCtx(NO_ADDRESS);
    const workspaceId = await saveRefused(ctx, { fallback: 'none' });
    await expect(open(ctx, workspaceId)).rejects.toMatchObject({ code: 'storage_unreachable' });
    expect(ctx.sent).toEqual([]);
  });

  it('is used again when a later probe allows it', async () => {
    const ctx = countingCtx(NO_ADDRESS);
    const workspaceId = await saveRefused(ctx);
    ctx.downloader.probeAnswer = ALLOWED;
    expect((await open(ctx, workspaceId)).plan.storage).toBe('service');
    ctx.clock.advance(MINUTE);
    expect((await open(ctx, workspaceId)).plan.storage).toBe('destination');
  });

  it('is used at once after a test that allows it', async () => {
    const ctx = countingCtx(NO_ADDRESS);
    const workspaceId = await saveRefused(ctx);
    ctx.downloader.probeAnswer = ALLOWED;
    await testStorage(ctx, { workspaceId });
    expect((await open(ctx, workspaceId)).plan.storage).toBe('destination');
  });

  it('stays refused while the downloader does not answer, also in a test', async () => {
    const ctx = countingCtx(FORBIDDEN);
    const workspaceId = await saveRefused(ctx);
    ctx.downloader.probe = () => Promise.reject(new Error('no answer'));
    ctx.clock.advance(60 * MINUTE);
    expect((await open(ctx, workspaceId)).plan.storage).toBe('service');
    const { checks } = await testStorage(ctx, { workspaceId });
    expect(checks).toMatchObject([{ name: 'address', status: 'fail', code: 'storage_address_forbidden' }]);
    expect(ctx.sent).toEqual([]);
  });
});

describe.skipIf(s3 === null)('an endpoint that the probe allowed', () => {
  it('is probed by the slot of the job, once in 15 minutes, and not at all for settings without an endpoint', async () => {
    const ctx = countingCtx(ALLOWED);
    const workspaceId = await makeCustomer(ctx);
    const asked: (string | undefined)[] = [];
    const probe = async (_request: unknown, slot?: string) => {
      asked.push(slot);
      return ALLOWED;
    };
    ctx.downloader.probe = probe;
    await open(ctx, workspaceId);
    ctx.clock.advance(14 * MINUTE);
    const { live } = await open(ctx, workspaceId);
    expect(asked).toEqual([live.job.slot]);
    ctx.clock.advance(MINUTE);
    await open(ctx, workspaceId);
    expect(asked).toHaveLength(2);
    const amazon = makeCustomerCtx({ fetch: () => Promise.reject(new Error('no network')) });
    amazon.downloader.probe = probe;
    await open(amazon, await makeCustomer(amazon, { endpoint: undefined }));
    expect(asked).toHaveLength(2);
  });

  it('gets no request after its name resolves to a private address: neither a Complete nor an abort', async () => {
    const ctx = countingCtx(ALLOWED);
    const workspaceId = await makeCustomer(ctx);
    const { live, plan } = await open(ctx, workspaceId);
    const report = await sendAll(ctx, live, plan, someBytes(100_000));
    ctx.sent.length = 0;
    ctx.downloader.probeAnswer = NO_ADDRESS;
    ctx.clock.advance(15 * MINUTE);
    const answer = await completePlacement(ctx, { live, placementId: plan.placementId, report });
    expect(answer).toMatchObject({ outcome: 'next', plan: { storage: 'service' } });
    await abortPlacement(ctx, {
      live,
      placementId: plan.placementId,
      failure: { code: 'storage_unavailable' },
    });
    expect(ctx.sent).toEqual([]);
  });
});

describe.skipIf(s3 === null)('the check of public access', () => {
  it('sends no request to a public URL whose name resolves to a private address', async () => {
    const ctx = countingCtx(ALLOWED);
    const publicBaseUrl = 'https://cdn.example.com';
    const workspaceId = await makeCustomer(ctx, { publicBaseUrl });
    const { live, plan } = await open(ctx, workspaceId);
    const report = await sendAll(ctx, live, plan, someBytes(100_000));
    await completePlacement(ctx, { live, placementId: plan.placementId, report });
    ctx.downloader.probe = async ({ host }) => (host === 'cdn.example.com' ? NO_ADDRESS : ALLOWED);
    ctx.sent.length = 0;
    await recordPublicAccess(ctx, { jobId: live.job.id, attempt: live.attempt });
    const { checks } = await testStorage(ctx, { workspaceId });
    expect(checks.find(({ name }) => name === 'visitors')).toMatchObject({ status: 'warn' });
    expect(ctx.sent.filter((request) => request.includes('cdn.example.com'))).toEqual([]);
    expect((await getDestination(ctx, { workspaceId })).learned?.visitors).toBeUndefined();
  });
});
