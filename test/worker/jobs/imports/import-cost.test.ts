/** What one import costs in calls of D1 and rows written, from the request of the client to its end, and in calls of its downloader. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { FEATURES_HEADER, OWN_FEATURES } from '../../../../worker/contract/downloader/features.ts';
import type { PlanAnswer, SignAnswer } from '../../../../worker/contract/downloader/report.ts';
import { PART_CRC32_HEADER } from '../../../../worker/contract/downloader/signature.ts';
import {
  GRANT_HEADER,
  SINGLE_PUT_MAX_BYTES,
  type SignedRequest,
  type UploadPlan,
} from '../../../../worker/contract/downloader/upload-plan.ts';
import { fillSlots } from '../../../../worker/jobs/fill-slots.ts';
import { saveDestination } from '../../../../worker/storage/destinations/save-destination.ts';
import { makeCustomerCtx, s3, send, server, toSign } from '../../support/customer.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';
import { artifactRequest, completeRequest, crc32Of, MIB, partsOf, someBytes } from '../../support/uploads.ts';

beforeEach(emptyTables);

const GRANTED = { [FEATURES_HEADER]: OWN_FEATURES };

/** Plays the client and the downloader of one import. Returns how many calls the downloader made. */
async function runImport(
  { ctx, call, anonymous }: TestApi,
  bytes: Uint8Array<ArrayBuffer>,
  body = {},
): Promise<number> {
  await call('POST', '/import', { url: 'https://media.example.com/clip.mp4', ...body });
  ctx.rings.length = 0;
  await fillSlots(ctx);
  const { jobId, token } = ctx.downloader.commands.at(-1)!;
  let calls = 0;
  const internal = async (path: string, init: RequestInit) => {
    calls += 1;
    const answer = await anonymous(path, init);
    expect(answer.status).toBe(200);
    return answer;
  };
  const post = async <Answer>(path: string, json: object, headers: Record<string, string> = {}) => {
    const all = { authorization: `Bearer ${token}`, ...GRANTED, ...headers };
    const init = { method: 'POST', headers: all, body: JSON.stringify(json) };
    return (await internal(`/internal/jobs/${jobId}/${path}`, init)).json<Answer>();
  };
  // A small file has usually come in when it is announced.
  const known = bytes.length <= SINGLE_PUT_MAX_BYTES ? { [PART_CRC32_HEADER]: crc32Of(bytes) } : {};
  const { plan, requests: first } = await post<PlanAnswer>(
    'artifacts',
    artifactRequest({ title: 'clip', sizeBytes: bytes.length }),
    known,
  );
  const base = `placements/${plan.placementId}`;
  const cut = partsOf(bytes, plan.partSizeBytes);
  const parts = await Promise.all(cut.map((part, index) => toSign(index + 1, part, plan.digest)));
  const sign = () => post<SignAnswer>(`${base}/sign`, { parts }, { [GRANT_HEADER]: plan.grant! });
  const requests = first ?? (await sign()).requests;
  const sent = [];
  for (const [index, part] of cut.entries()) {
    const answer = await sendPart(plan, requests[index]!, part, internal);
    sent.push({ bytes: part, etag: answer.headers.get('etag')! });
  }
  const report = { ...completeRequest(bytes, sent), completed: { warnings: [] } };
  expect(await post(`${base}/complete`, report)).toEqual({ outcome: 'stored', directive: 'continue' });
  await ctx.settled();
  expect(ctx.rings).toEqual([]);
  return calls;
}

function sendPart(
  { storage }: UploadPlan,
  request: SignedRequest,
  bytes: Uint8Array<ArrayBuffer>,
  internal: (path: string, init: RequestInit) => Promise<Response>,
): Promise<Response> {
  if (storage === 'destination') return send(request, bytes);
  return internal(request.url, { method: request.method, headers: request.headers, body: bytes });
}

it('an import of 1 MiB makes nine calls of D1 and three of its downloader', async () => {
  const { db, costOf } = meteredDb();
  const api = await makeApi(makeCtx({ db }));
  // The use of the key is noted once a minute, and the rows of slots and sites exist after the first import.
  await runImport(api, someBytes(1000));
  let calls = 0;
  const cost = await costOf(async () => {
    calls = await runImport(api, someBytes(MIB));
  });
  expect(calls).toBe(3);
  expect(cost.calls).toBeLessThanOrEqual(9);
  expect(cost.rowsWritten).toBe(25);
});

describe.skipIf(s3 === null)('an import into the bucket of a customer', () => {
  it.each([
    ['20 MiB in three parts', 20 * MIB, 3],
    ['40 MiB in five parts', 40 * MIB, 3],
  ])('of %s costs the same calls', async (_name, sizeBytes, internalCalls) => {
    const { db, costOf } = meteredDb();
    const ctx = makeCustomerCtx({ db });
    const api = await makeApi(ctx);
    const { endpoint, region, bucket, putOnly } = server();
    const input = DestinationInput.parse({ endpoint, region, bucket, ...putOnly });
    await saveDestination(ctx, { workspaceId: api.workspaceId, input });
    const body = { store: true };
    await runImport(api, someBytes(9 * MIB), body);
    let calls = 0;
    const cost = await costOf(async () => {
      calls = await runImport(api, someBytes(sizeBytes), body);
    });
    expect(calls).toBe(internalCalls);
    expect(cost.calls).toBeLessThanOrEqual(10);
  });
});
