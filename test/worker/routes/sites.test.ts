import { describe, expect, it } from 'vitest';
import type { Code } from '../../../worker/contract/codes.ts';
import { finish } from '../../../worker/jobs/end/transitions.ts';
import { sweepSiteResults } from '../../../worker/jobs/sites/sweep-results.ts';
import { siteResults } from '../../../worker/db/tables/sites.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob } from '../support/rows.ts';

const HOUR_MS = 3_600_000;
let hosts = 0;
/** A host of its own for each test. */
const newHost = () => `site-${(hosts += 1)}.example`;

/** Ends an import from the host: completed, or failed with the code. Returns its ID. */
async function end({ ctx, workspaceId }: TestApi, host: string, code: Code | null): Promise<string> {
  const job = await makeJob(ctx, {
    workspaceId,
    status: 'processing',
    startedAt: ctx.now(),
    sourceHost: host,
  });
  const attemptEnd = code
    ? { outcome: 'failed' as const, failure: { code } }
    : { outcome: 'completed' as const };
  await finish(ctx, { job, status: code ? 'failed' : 'completed', guard: undefined, attemptEnd });
  return job.id;
}

async function read(api: TestApi, query = ''): Promise<Record<string, unknown>[]> {
  const answer = await api.call('GET', `/sites${query}`);
  expect(answer.status).toBe(200);
  return (await answer.json<{ data: { sites: Record<string, unknown>[] } }>()).data.sites;
}

async function hintOf(api: TestApi, id: string): Promise<string> {
  const answer = await (
    await api.call('GET', `/imports/${id}`)
  ).json<{ data: { error: { hint: string } } }>();
  return answer.data.error.hint;
}

describe('GET /sites', () => {
  it('counts the imports of the last day by host and code', async () => {
    const api = await makeApi();
    const [busy, other] = [newHost(), newHost()];
    for (const code of [null, 'source_not_found', 'source_not_found', 'bot_check'] as const)
      await end(api, busy, code);
    await end(api, other, null);
    const failed = [
      { code: 'source_not_found', imports: 2 },
      { code: 'bot_check', imports: 1 },
    ];
    expect(await read(api)).toEqual([
      { host: busy, imports: 4, completed: 1, failed, successRate: 0.25, everyone: null },
      { host: other, imports: 1, completed: 1, failed: [], successRate: 1, everyone: null },
    ]);
    api.ctx.clock.advance(25 * HOUR_MS);
    expect(await read(api)).toEqual([]);
  });

  it('does not count what says nothing about the site', async () => {
    const api = await makeApi();
    const host = newHost();
    for (const code of ['storage_access_denied', 'downloader_lost', 'max_bytes_exceeded'] as const)
      await end(api, host, code);
    const job = await makeJob(api.ctx, { workspaceId: api.workspaceId, sourceHost: host });
    expect((await api.call('DELETE', `/imports/${job.id}`)).status).toBe(200);
    expect(await read(api)).toEqual([]);
  });

  it('counts an end once, also when it is reported twice', async () => {
    const api = await makeApi();
    const host = newHost();
    const job = await makeJob(api.ctx, {
      workspaceId: api.workspaceId,
      status: 'processing',
      sourceHost: host,
    });
    const attemptEnd = { outcome: 'failed' as const, failure: { code: 'no_media' as const } };
    const ending = { job, status: 'failed' as const, guard: undefined, attemptEnd };
    expect(await finish(api.ctx, ending)).not.toBeNull();
    expect(await finish(api.ctx, ending)).toBeNull();
    expect(await read(api)).toMatchObject([{ imports: 1 }]);
  });

  it('shows the sum of all workspaces only when at least three have imported from the host', async () => {
    const host = newHost();
    const [mine, second, third] = [await makeApi(), await makeApi(), await makeApi()];
    const none = { host, imports: 0, completed: 0, failed: [], successRate: null };
    for (const api of [mine, second]) await end(api, host, 'bot_check');
    await end(second, host, null);
    expect(await read(mine, `?host=${host}`)).toMatchObject([{ imports: 1, everyone: null }]);
    expect(await read(third, `?host=${host}`)).toEqual([{ ...none, everyone: null }]);
    await end(third, host, 'no_media');
    await sweepSiteResults(mine.ctx);
    const everyone = { imports: 4, completed: 1, successRate: 0.25 };
    expect(await read(mine, `?host=www.${host.toUpperCase()}`)).toMatchObject([{ imports: 1, everyone }]);
    expect(await read(await makeApi(), `?host=${host}`)).toMatchObject([{ ...none, everyone }]);
    expect(await read(await makeApi())).toEqual([]);
  });

  it('sums up each result once, however often the sweep does so, also in the hour after', async () => {
    const api = await makeApi();
    const host = newHost();
    const sums = async () =>
      (await api.ctx.db.select().from(siteResults))
        .filter((row) => row.host === host && row.workspaceId === '')
        .map(({ imports }) => imports);
    await end(api, host, null);
    await sweepSiteResults(api.ctx);
    await end(api, host, null);
    api.ctx.clock.advance(HOUR_MS);
    for (let sweep = 0; sweep < 2; sweep += 1) await sweepSiteResults(api.ctx);
    expect(await sums()).toEqual([2]);
  });

  it.each(['', 'a b', 'x/y?z', 'a'.repeat(254), '[::1'])('refuses the host %j', async (host) => {
    const { call } = await makeApi();
    const answer = await call('GET', `/sites?host=${encodeURIComponent(host)}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ field: 'host' });
  });

  it('reads what the hosts of the workspace have, not what others have', async () => {
    const { db, costOf } = meteredDb();
    const host = newHost();
    for (let count = 0; count < 12; count += 1) await end(await makeApi(), host, 'bot_check');
    const mine = await makeApi(makeCtx({ db }));
    await end(mine, host, null);
    const cost = await costOf(() => read(mine));
    expect(cost.rowsRead).toBeLessThan(60);
  });
});

describe('the hint of a failed import', () => {
  it('says that the site is broken, as soon as nearly all imports from it fail', async () => {
    const api = await makeApi();
    const host = newHost();
    const first = await end(api, host, 'resolver_failed');
    expect(await hintOf(api, first)).not.toContain(host);
    for (let count = 1; count < 5; count += 1) await end(api, host, 'resolver_failed');
    expect(await hintOf(api, first)).toMatch(
      `In the last day, 0 of 5 imports from ${host} were completed: the site probably does not work`,
    );
    await end(api, host, null);
    expect(await hintOf(api, first)).not.toContain(host);
  });

  it('says nothing about the site when a storage was the cause', async () => {
    const api = await makeApi();
    const host = newHost();
    for (let count = 0; count < 5; count += 1) await end(api, host, 'no_media');
    const id = await end(api, host, 'storage_access_denied');
    expect(await hintOf(api, id)).not.toContain(host);
  });
});

it('the sweep deletes results that are older than a day', async () => {
  const api = await makeApi();
  await end(api, newHost(), null);
  await sweepSiteResults(api.ctx);
  const rows = () => api.ctx.db.$count(siteResults);
  const before = await rows();
  await sweepSiteResults(api.ctx);
  expect(await rows()).toBe(before);
  api.ctx.clock.advance(26 * HOUR_MS);
  await sweepSiteResults(api.ctx);
  expect(await rows()).toBe(0);
});
