import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { crc32 } from 'node:zlib';
import { mintAttemptToken } from '../../../worker/attempts/attempt-token.ts';
import { FEATURES_HEADER, OWN_FEATURES } from '../../../worker/contract/downloader/features.ts';
import type { CompleteRequest, PlanAnswer, SignAnswer } from '../../../worker/contract/downloader/report.ts';
import { PART_CRC32_HEADER } from '../../../worker/contract/downloader/signature.ts';
import { artifacts, placements } from '../../../worker/db/tables/artifacts.ts';
import { attempts, jobs } from '../../../worker/db/tables/jobs.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { makeApi } from '../support/make-api.ts';

const FACTS = {
  container: 'mp4',
  durationSeconds: 2.5,
  width: 640,
  height: 360,
  videoCodec: 'h264',
  audioCodec: null,
};
const VERSIONS = { downloader: '0', ytdlp: null, ffmpeg: null };

/** An import with its first attempt, and the calls of its downloader. */
async function makeAttempt() {
  const api = await makeApi();
  const { ctx, anonymous, call } = api;
  // Other tests of this file leave their own jobs in the slot and in the queue.
  ctx.config = { ...ctx.config, JOBS_PER_SLOT: 1000 };
  const { data } = await (
    await call('POST', '/import', { url: 'https://media.example.com/clip.mp4' })
  ).json<{
    data: { jobId: string };
  }>();
  let job = await claimNext(ctx, { slot: 'slot-0' });
  while (job && job.id !== data.jobId) job = await claimNext(ctx, { slot: 'slot-0' });
  const token = await mintAttemptToken(ctx, { jobId: data.jobId, attempt: 1 });
  const base = `/internal/jobs/${data.jobId}`;
  const report = (path: string, json: unknown, bearer = token) =>
    anonymous(`${base}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(json),
    });
  return { ...api, jobId: data.jobId, token, base, report };
}

const artifact = (sizeBytes: number) => ({
  role: 'media',
  title: 'clip',
  extension: 'mp4',
  contentType: 'video/mp4',
  sizeBytes,
  source: { way: 'direct', reason: 'The answer is video/mp4.' },
});

/** The same claims with a forged signature. */
function forge(token: string): string {
  const [jobId, attempt, expiry] = token.split('.');
  return [jobId, attempt, expiry, 'A'.repeat(43)].join('.');
}

function base64Crc32(bytes: Uint8Array): string {
  const digest = new DataView(new ArrayBuffer(4));
  digest.setUint32(0, crc32(bytes));
  return btoa(String.fromCharCode(...new Uint8Array(digest.buffer)));
}

describe('a downloader at /internal', () => {
  it('completes an import whose file is then served by its link', async () => {
    const { jobId, token, report, anonymous, call } = await makeAttempt();
    const bytes = crypto.getRandomValues(new Uint8Array(1000));
    const digest = base64Crc32(bytes);

    const { plan } = await (await report('/artifacts', artifact(1000))).json<PlanAnswer>();
    const placement = `/placements/${plan.placementId}`;
    const parts = [{ number: 1, sizeBytes: 1000, digest }];
    const { requests } = await (await report(`${placement}/sign`, { parts })).json<SignAnswer>();
    const [signed] = requests;
    const put = await anonymous(signed!.url, {
      method: signed!.method,
      headers: signed!.headers,
      body: bytes,
    });
    expect([put.status, await put.text()]).toEqual([200, '']);

    const complete: CompleteRequest = {
      parts: [{ number: 1, etag: put.headers.get('ETag') ?? '', crc32: digest }],
      sizeBytes: 1000,
      checksums: { crc32: digest },
      facts: FACTS,
    };
    expect(await (await report(`${placement}/complete`, complete)).json()).toEqual({ outcome: 'stored' });
    const done = await report('/completed', { warnings: [] });
    expect(await done.json()).toEqual({ directive: 'continue' });

    const status = await call('GET', `/import/status?id=${jobId}`);
    const { data } = await status.json<{
      data: { status: string; mediaUrl: string; fileSizeBytes: number };
    }>();
    expect(data).toMatchObject({ status: 'completed', fileSizeBytes: 1000, duration: 2.5 });
    const media = await anonymous(data.mediaUrl);
    expect(new Uint8Array(await media.arrayBuffer())).toEqual(bytes);
    expect(token).not.toBe('');
  });

  it('receives directives in the answer to its heartbeat', async () => {
    const { token, anonymous } = await makeAttempt();
    const job = { token, stage: 'downloading', bytesDone: 5, bytesTotal: 10 };
    const stranger = { ...job, token: forge(token) };
    const beat = { slot: 'slot-0', capacity: 4, versions: VERSIONS, jobs: [job, stranger] };
    const headers = { 'Content-Type': 'application/json' };
    const answer = await anonymous('/internal/heartbeat', {
      method: 'POST',
      headers,
      body: JSON.stringify(beat),
    });
    expect(await answer.json()).toMatchObject({ directives: ['continue', 'stale'] });
  });

  it('changes nothing with a heartbeat that has forged tokens', async () => {
    const { ctx, jobId, token, anonymous } = await makeAttempt();
    const job = { token: forge(token), stage: 'verifying', bytesDone: 5, bytesTotal: 10 };
    const beat = { slot: 'slot-evil', capacity: 99, versions: VERSIONS, jobs: [job] };
    const answer = await anonymous('/internal/heartbeat', { method: 'POST', body: JSON.stringify(beat) });
    expect(await answer.json()).toMatchObject({ directives: ['stale'] });
    const [row] = await ctx.db.select().from(jobs).where(eq(jobs.id, jobId));
    expect(row).toMatchObject({ stage: 'resolving', bytesDone: 0 });
    expect(await ctx.db.query.slots.findMany()).not.toContainEqual(
      expect.objectContaining({ slot: 'slot-evil' }),
    );
  });

  it('fails an import, and repeating the report changes nothing', async () => {
    const { ctx, jobId, report, call } = await makeAttempt();
    const failed = { failure: { code: 'source_not_found', detail: 'HTTP 404' }, source: null };
    expect(await (await report('/failed', failed)).json()).toEqual({ directive: 'continue' });
    expect((await report('/failed', failed)).status).toBe(200);
    expect(await ctx.db.$count(attempts, eq(attempts.jobId, jobId))).toBe(1);
    const status = await call('GET', `/import/status?id=${jobId}`);
    expect(await status.json()).toMatchObject({
      data: { status: 'failed', error: { code: 'source_not_found' } },
    });
  });

  it('receives no further plan when an upload to service storage failed', async () => {
    const { report } = await makeAttempt();
    const { plan } = await (await report('/artifacts', artifact(1000))).json<PlanAnswer>();
    const failure = { code: 'storage_unavailable' };
    const answer = await report(`/placements/${plan.placementId}/abort`, { failure });
    expect(await answer.json()).toEqual({ plan: null });
  });
});

it('hands out grants only to downloaders that name the feature', async () => {
  const { report, anonymous, base, token } = await makeAttempt();
  const { plan } = await (await report('/artifacts', artifact(10_000_000))).json<PlanAnswer>();
  expect(plan).not.toHaveProperty('grant');
  const sign = async (features: Record<string, string>) => {
    const answer = await anonymous(`${base}/placements/${plan.placementId}/sign`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...features },
      body: JSON.stringify({ parts: [{ number: 1, sizeBytes: 8_388_608, digest: 'AAAAAA==' }] }),
    });
    return answer.json<SignAnswer>();
  };
  expect(await sign({})).not.toHaveProperty('grant');
  expect(await sign({ [FEATURES_HEADER]: `later ${OWN_FEATURES}` })).toHaveProperty('grant');
});

it('removes control and bidirectional characters from titles and keys', async () => {
  const { ctx, jobId, report } = await makeAttempt();
  const title = 'invoice\u0000 1\r\nof\u202Efdp \u2066two\u2069';
  expect((await report('/artifacts', { ...artifact(1000), title })).status).toBe(200);
  const stored = await ctx.db.query.artifacts.findFirst({ where: eq(artifacts.jobId, jobId) });
  const placed = await ctx.db.query.placements.findFirst({ where: eq(placements.jobId, jobId) });
  expect(stored?.title).toBe('invoice 1 offdp two');
  expect(placed?.key).toMatch(/\/invoice 1 offdp two\.mp4$/);
});

describe('/internal', () => {
  it('refuses the token of another job on every route', async () => {
    const [mine, theirs] = [await makeAttempt(), await makeAttempt()];
    const answers = await Promise.all([
      mine.report('/artifacts', artifact(1000), theirs.token),
      mine.report('/placements/p/sign', { parts: [] }, theirs.token),
      mine.report('/placements/p/complete', {}, theirs.token),
      mine.report('/placements/p/abort', {}, theirs.token),
      mine.report('/completed', { warnings: [] }, theirs.token),
      mine.report('/failed', { failure: { code: 'canceled' }, source: null }, theirs.token),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    const headers = { Authorization: `Bearer ${theirs.token}` };
    const paths: [string, RequestInit][] = [
      ['/source', { headers }],
      ['/placements/p/parts/1', { method: 'PUT', headers, body: 'x' }],
    ];
    for (const [path, init] of paths) {
      expect((await mine.anonymous(`${mine.base}${path}`, init)).status).toBe(401);
    }
  });

  it('refuses an attempt that no longer owns the job', async () => {
    const { ctx, jobId, report } = await makeAttempt();
    await ctx.db.update(jobs).set({ attempt: 2 }).where(eq(jobs.id, jobId));
    const answer = await report('/artifacts', artifact(1000));
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'stale' });
  });

  it('refuses an attempt whose job is being canceled', async () => {
    const { jobId, report, call } = await makeAttempt();
    await call('DELETE', `/imports/${jobId}`);
    const answer = await report('/artifacts', artifact(1000));
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'cancel_requested' });
  });

  it.each([
    ['/artifacts', { ...artifact(1000), extension: '../x' }, 'extension'],
    ['/artifacts', { ...artifact(1000), key: 'x' }, 'key'],
    ['/placements/p/sign', { parts: [{ number: 0, sizeBytes: 1, digest: '' }] }, 'parts.0.number'],
    ['/placements/p/complete', { parts: [] }, 'parts'],
    ['/placements/p/abort', { failure: { code: 'nonsense' } }, 'failure.code'],
    ['/completed', [], 'body'],
    ['/failed', {}, 'failure'],
  ])('refuses an invalid body at %s', async (path, json, field) => {
    const { report } = await makeAttempt();
    const answer = await report(path, json);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_request', field });
  });

  it.each<[string, string, { headers: Record<string, string>; body?: string }, number, string]>([
    ['without a digest', '1', { headers: {}, body: 'x' }, 400, PART_CRC32_HEADER],
    [
      'with a digest that is none',
      '1',
      { headers: { [PART_CRC32_HEADER]: 'x' }, body: 'x' },
      400,
      PART_CRC32_HEADER,
    ],
    ['without a body', '1', { headers: { [PART_CRC32_HEADER]: 'AAAAAA==' } }, 400, 'Content-Length'],
    ['number 0', '0', { headers: { [PART_CRC32_HEADER]: 'AAAAAA==' }, body: 'x' }, 400, 'number'],
    ['number 10001', '10001', { headers: { [PART_CRC32_HEADER]: 'AAAAAA==' }, body: 'x' }, 400, 'number'],
  ])('refuses a part %s', async (_name, number, init, status, field) => {
    const { anonymous, base, token } = await makeAttempt();
    const length = init.body === undefined ? {} : { 'Content-Length': '1' };
    const headers = { ...init.headers, ...length, Authorization: `Bearer ${token}` };
    const answer = await anonymous(`${base}/placements/p/parts/${number}`, {
      method: 'PUT',
      ...init,
      headers,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code: 'invalid_request', field });
  });

  it('refuses a part above the size limit before it reads the first byte', async () => {
    const { anonymous, base, token } = await makeAttempt();
    const headers = {
      Authorization: `Bearer ${token}`,
      'Content-Length': `${65 * 1024 * 1024}`,
      [PART_CRC32_HEADER]: 'AAAAAA==',
    };
    const answer = await anonymous(`${base}/placements/p/parts/1`, { method: 'PUT', headers, body: 'x' });
    expect(answer.status).toBe(413);
  });
});
