import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { claimNext } from '../../../../worker/jobs/claim-next.ts';
import { failJob } from '../../../../worker/jobs/fail-job.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeDestination, makeImported, OFFLINE, succeed } from '../../transfers/imported.ts';
import { createWatches } from '../../../../worker/watch/watches.ts';

beforeEach(emptyTables);

const makeOffline = () => makeApi(makeCtx(OFFLINE));

/** Starts an import that its caller waits for; `more` are further headers. */
function start(api: TestApi, wait: string, more: Record<string, string> = {}): Promise<Response> {
  return api.anonymous('/import', {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${api.apiKey}`,
      'Content-Type': 'application/json',
      Prefer: `wait=${wait}`,
      ...more,
    },
    body: JSON.stringify({ url: 'https://media.example.com/clip.mp4' }),
  });
}

/** Cancels the import of the workspace as soon as it exists. */
async function cancelSoon({ ctx, workspaceId, call }: TestApi): Promise<void> {
  for (;;) {
    const job = await ctx.db.query.jobs.findFirst({ where: eq(jobs.workspaceId, workspaceId) });
    if (job) return void (await call('DELETE', `/imports/${job.id}`));
  }
}

describe('Prefer: wait', () => {
  it('is answered with the job when it ends in time', async () => {
    const api = await makeOffline();
    const [answer] = await Promise.all([start(api, '30'), cancelSoon(api)]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Preference-Applied')).toBe('wait=30');
    expect(await answer.json()).toMatchObject({ data: { status: 'canceled', message: 'Import canceled.' } });
  });

  it('is answered as without it when the job takes longer', async () => {
    const api = await makeOffline();
    const answer = await start(api, '1');
    expect(answer.headers.get('Preference-Applied')).toBe('wait=1');
    const { data } = await answer.json<{ data: { jobId: string } }>();
    expect(data).toEqual({ jobId: data.jobId, status: 'queued', message: 'Import request queued.' });
  });

  it('waits for the same job when the request is repeated', async () => {
    const api = await makeOffline();
    const key = { 'Idempotency-Key': 'wait-1' };
    const [first, second] = await Promise.all([
      start(api, '30', key),
      start(api, '30', key),
      cancelSoon(api),
    ]);
    const third = await start(api, '30', key);
    const bodies = await Promise.all([first, second, third].map((answer) => answer.json()));
    expect(bodies[0]).toMatchObject({ data: { status: 'canceled' } });
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
    expect(third.headers.get('Idempotent-Replayed')).toBe('true');
    expect(await api.ctx.db.$count(jobs, eq(jobs.workspaceId, api.workspaceId))).toBe(1);
  });

  it('is answered with the store job when that ends in time', async () => {
    const api = await makeOffline();
    const { id: destinationId } = await makeDestination(api.ctx, api.workspaceId);
    const { id } = await makeImported(api.ctx, { workspaceId: api.workspaceId });
    const answering = api.anonymous(`/imports/${id}/store`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${api.apiKey}`, Prefer: 'wait=30' },
    });
    while ((await api.ctx.db.$count(jobs, eq(jobs.storeOf, id))) === 0);
    await succeed(api.ctx, destinationId);
    expect(await (await answering).json()).toMatchObject({ data: { status: 'completed', storeOf: id } });
  });

  it.each([
    ['GET', '/metadata'],
    ['POST', '/metadata/basic'],
  ])('is answered with the metadata job of %s %s when that ends in time', async (method, path) => {
    const api = await makeOffline();
    const url = 'https://media.example.com/clip.mp4';
    const isPost = method === 'POST';
    const headers = { Authorization: `Bearer ${api.apiKey}`, Prefer: 'wait=30' };
    const answering = api.anonymous(isPost ? path : `${path}?url=${encodeURIComponent(url)}`, {
      method,
      headers: { ...headers, ...(isPost && { 'Content-Type': 'application/json' }) },
      ...(isPost && { body: JSON.stringify({ url }) }),
    });
    while ((await api.ctx.db.$count(jobs)) === 0);
    const job = await claimNext(api.ctx, { slot: 'slot-0' });
    const report = { failure: { code: 'source_not_found' }, source: null } as const;
    await failJob(api.ctx, { ref: { jobId: job!.id, attempt: 1 }, report });
    const answer = await answering;
    expect(answer.headers.get('Preference-Applied')).toBe('wait=30');
    expect(await answer.json()).toMatchObject({ data: { status: 'failed', jobId: job!.id } });
  });

  it('is answered at once, without Preference-Applied, when too many requests of the workspace or the isolate wait', async () => {
    const watches = createWatches(env.WATCH, { ofWorkspace: 1, ofIsolate: 2 });
    const { promise: bothWait, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    const waitForEnd: typeof watches.waitForEnd = (order) => {
      asked += 1;
      if (asked === 2) resolve();
      return watches.waitForEnd(order);
    };
    const ctx = makeCtx({ ...OFFLINE, watches: { ...watches, waitForEnd } });
    const [first, second, third] = [await makeApi(ctx), await makeApi(ctx), await makeApi(ctx)];
    const waiting = [start(first, '30'), start(second, '30')];
    await bothWait;
    for (const api of [first, third]) {
      const refused = await start(api, '30');
      expect(refused.status).toBe(200);
      expect(refused.headers.get('Preference-Applied')).toBeNull();
      expect(await refused.json()).toMatchObject({ data: { status: 'queued' } });
    }
    for (const api of [first, second])
      for (const { id } of await ctx.db.select().from(jobs).where(eq(jobs.workspaceId, api.workspaceId)))
        await api.call('DELETE', `/imports/${id}`);
    for (const answer of await Promise.all(waiting)) {
      expect(answer.headers.get('Preference-Applied')).toBe('wait=30');
      expect(await answer.json()).toMatchObject({ data: { status: 'canceled' } });
    }
    // Their places are free again.
    expect((await start(third, '1')).headers.get('Preference-Applied')).toBe('wait=1');
  });

  it('does not fail a request whose job exists when the wait fails', async () => {
    const api = await makeOffline();
    const waitForEnd = () => Promise.reject(new Error('the object was reset'));
    api.ctx.watches = { ...api.ctx.watches, waitForEnd };
    const answer = await start(api, '30');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ data: { status: 'queued' } });
    expect(api.ctx.lines.map(({ event }) => event)).toContain('watch.wait_failed');
  });
});
