/** What a poll of an import costs in D1, and what that means for keys that are revoked. */
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { KEY_FRESH_MS } from '../../../../worker/auth/keys/recent-keys.ts';
import { createApiKey } from '../../../../worker/auth/keys/api-key.ts';
import { artifacts } from '../../../../worker/db/tables/artifacts.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { apiKeys } from '../../../../worker/db/tables/workspaces.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';
import { makeJob, makePlacement, makeWorkspace } from '../../support/rows.ts';

const CRC32 = 'ZjPIMg==';
const FACTS = {
  container: 'wav',
  durationSeconds: 3,
  width: null,
  height: null,
  videoCodec: null,
  audioCodec: 'pcm',
};

/** A workspace behind a database that counts, whose key was used within the last minute. */
async function makeMeteredApi() {
  const { db, costOf } = meteredDb();
  const api = await makeApi(makeCtx({ db }));
  await db.update(apiKeys).set({ lastUsedAt: api.ctx.now() }).where(eq(apiKeys.id, api.apiKeyId));
  return { ...api, costOf };
}

/** A job with this status, and everything that its status shows. */
async function makeShown(
  { ctx, workspaceId }: TestApi,
  status: 'queued' | 'processing' | 'completed' | 'failed',
) {
  const ended = { finishedAt: ctx.now(), attempt: 1 };
  const request = { url: 'https://media.example/clip.mp4', store: true, storageDestinations: ['one', 'two'] };
  const values = {
    queued: {},
    processing: { startedAt: ctx.now() },
    completed: { ...ended, startedAt: ctx.now(), request },
    failed: { ...ended, errorCode: 'source_not_found', sourceHost: 'media.example' } as const,
  }[status];
  const job = await makeJob(ctx, { workspaceId, status, ...values });
  if (status === 'completed') {
    await makePlacement(ctx, job, { destinationId: ctx.newId(), url: 'https://b.example/clip.mp4' });
    await ctx.db.update(artifacts).set({ crc32: CRC32, facts: FACTS }).where(eq(artifacts.jobId, job.id));
  }
  return job;
}

const paths = (id: string) => [`/import/status?id=${id}`, `/imports/${id}`];

describe('a poll of an import', () => {
  it.each(['queued', 'processing', 'completed', 'failed'] as const)(
    'is one call of D1 for a job that is %s, with its key in the same batch or read before',
    async (status) => {
      const api = await makeMeteredApi();
      const job = await makeShown(api, status);
      const costs = [];
      for (const path of [...paths(job.id), ...paths(job.id)]) {
        costs.push(
          await api.costOf(async () => {
            const answer = await api.call('GET', path);
            expect(answer.status).toBe(200);
            expect(await answer.json()).toMatchObject({ data: { jobId: job.id, status } });
            await api.ctx.settled();
          }),
        );
      }
      expect(costs.map(({ calls }) => calls)).toEqual([1, 1, 1, 1]);
      expect(costs.map(({ statements }) => statements)).toEqual([2, 1, 1, 1]);
      expect(costs.map(({ rowsWritten }) => rowsWritten)).toEqual([0, 0, 0, 0]);
    },
  );

  it('adds a call for the mark of a reader once in 10 s, and for the last use of the key once a minute', async () => {
    const api = await makeMeteredApi();
    const job = await makeShown(api, 'processing');
    api.ctx.clock.advance(61_000);
    const { calls } = await api.costOf(async () => {
      for (let poll = 0; poll < 40; poll++) {
        expect((await api.call('GET', `/imports/${job.id}`)).status).toBe(200);
        await api.ctx.settled();
        api.ctx.clock.advance(500);
      }
    });
    // 20 s: two marks, and one use.
    expect(calls).toBe(40 + 2 + 1);
  });

  it('shows nothing of another workspace, whether its key was read with the job or before', async () => {
    const api = await makeMeteredApi();
    const foreign = await makeJob(api.ctx, { workspaceId: await makeWorkspace(api.ctx) });
    for (const path of [...paths(foreign.id), ...paths(foreign.id), ...paths('nothing')])
      expect((await api.call('GET', path)).status).toBe(404);
  });
});

describe('a revoked key', () => {
  const revoke = ({ ctx, apiKeyId }: TestApi) =>
    ctx.db.update(apiKeys).set({ revokedAt: ctx.now() }).where(eq(apiKeys.id, apiKeyId));

  it('stops to read an import within five seconds, and to do anything else at once', async () => {
    const api = await makeMeteredApi();
    const job = await makeShown(api, 'queued');
    const poll = async () => (await api.call('GET', `/imports/${job.id}`)).status;
    expect(await poll()).toBe(200);
    await revoke(api);
    for (const [method, path] of [
      ['GET', '/imports'],
      ['DELETE', `/imports/${job.id}`],
      ['GET', '/keys'],
    ] as const)
      expect((await api.call(method, path)).status, `${method} ${path}`).toBe(401);
    api.ctx.clock.advance(KEY_FRESH_MS);
    expect(KEY_FRESH_MS).toBe(5_000);
    expect(await poll()).toBe(401);
    expect((await api.ctx.db.select().from(jobs).where(eq(jobs.id, job.id)))[0]?.status).toBe('queued');
  });

  it('is refused at once by a poll that has not used it before, and so is one that expires', async () => {
    const api = await makeMeteredApi();
    const job = await makeShown(api, 'queued');
    await revoke(api);
    expect((await api.call('GET', `/imports/${job.id}`)).status).toBe(401);
    const { ctx, workspaceId } = api;
    const { key } = await createApiKey(ctx.db, {
      workspaceId,
      name: 'short',
      expiresAt: ctx.now() + 1_000,
      ...ctx,
    });
    const poll = async () =>
      (await api.anonymous(`/imports/${job.id}`, { headers: { Authorization: `Bearer ${key}` } })).status;
    expect(await poll()).toBe(200);
    ctx.clock.advance(1_000);
    expect(await poll()).toBe(401);
  });
});
