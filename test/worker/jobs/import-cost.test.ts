/** What one small import costs in calls of D1 and rows written, from the request of the client to the ring after its end. */
import { beforeEach, expect, it } from 'vitest';
import { FEATURES_HEADER, OWN_FEATURES } from '../../../worker/contract/downloader/features.ts';
import type { PlanAnswer, SignAnswer } from '../../../worker/contract/downloader/report.ts';
import { GRANT_HEADER } from '../../../worker/contract/downloader/upload-plan.ts';
import { fillSlots } from '../../../worker/jobs/fill-slots.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { artifactRequest, completeRequest, crc32Of, MIB, someBytes } from '../support/uploads.ts';

beforeEach(emptyTables);

const bytes = someBytes(MIB);

/** A service that has just run an import, so that its rows of slots and sites exist and the use of the key is noted. */
async function makeService() {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const { call, anonymous } = await makeApi(ctx);
  const internal = async (path: string, init: RequestInit) => {
    const answer = await anonymous(path, init);
    expect(answer.status).toBe(200);
    return answer;
  };
  /** Plays the downloader; returns how many calls it made. */
  const runImport = async (): Promise<number> => {
    await call('POST', '/import', { url: 'https://media.example.com/clip.mp4' });
    await fillSlots(ctx);
    const { jobId, token } = ctx.downloader.commands.at(-1)!;
    let calls = 0;
    const post = async <Answer>(path: string, body: object, headers: Record<string, string> = {}) => {
      calls += 1;
      const common = { authorization: `Bearer ${token}`, [FEATURES_HEADER]: OWN_FEATURES };
      const init = { method: 'POST', headers: { ...common, ...headers }, body: JSON.stringify(body) };
      return (await internal(`/internal/jobs/${jobId}/${path}`, init)).json<Answer>();
    };
    const file = artifactRequest({ sizeBytes: bytes.length });
    const { plan } = await post<PlanAnswer>('artifacts', file);
    const base = `placements/${plan.placementId}`;
    const parts = [{ number: 1, sizeBytes: bytes.length, digest: crc32Of(bytes) }];
    const signed = await post<SignAnswer>(`${base}/sign`, { parts }, { [GRANT_HEADER]: plan.grant! });
    const { url, headers } = signed.requests[0]!;
    calls += 1;
    const put = await internal(url, { method: 'PUT', headers, body: bytes });
    const report = completeRequest(bytes, [{ bytes, etag: put.headers.get('etag')! }]);
    const answer = await post(`${base}/complete`, { ...report, completed: { warnings: [] } });
    expect(answer).toEqual({ outcome: 'stored', directive: 'continue' });
    // The ring after the end.
    await fillSlots(ctx);
    await ctx.settled();
    return calls;
  };
  await runImport();
  return { costOf, runImport };
}

it('an import of 1 MiB makes ten calls of D1, and its downloader makes four', async () => {
  const { costOf, runImport } = await makeService();
  let internalCalls = 0;
  const cost = await costOf(async () => {
    internalCalls = await runImport();
  });
  expect(internalCalls).toBe(4);
  expect(cost.calls).toBeLessThanOrEqual(10);
  expect(cost.rowsWritten).toBeLessThanOrEqual(55);
});
