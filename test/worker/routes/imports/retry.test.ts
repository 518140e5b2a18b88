import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeJob } from '../../support/rows.ts';
import { makeDestination, makeImported, OFFLINE } from '../../transfers/imported.ts';

beforeEach(emptyTables);

const makeOffline = () => makeApi(makeCtx(OFFLINE));

const readJob = ({ ctx }: TestApi, jobId: string) =>
  ctx.db.query.jobs.findFirst({ where: eq(jobs.id, jobId) });

it.each(['failed', 'canceled'] as const)(
  'imports again what has %s, with the same request',
  async (status) => {
    const api = await makeOffline();
    await makeDestination(api.ctx, api.workspaceId);
    const request = { url: 'https://media.example/clip.mp4', store: true, storagePath: 'clips' };
    const values = { status, request, errorCode: 'source_timeout', finishedAt: api.ctx.now() } as const;
    const { id } = await makeJob(api.ctx, { workspaceId: api.workspaceId, ...values });
    const answer = await api.call('POST', `/imports/${id}/retry`);
    expect(answer.status).toBe(200);
    const { data } = await answer.json<{ data: { jobId: string } }>();
    expect(data).toEqual({
      jobId: data.jobId,
      status: 'queued',
      message: 'Import request queued.',
      retryOf: id,
    });
    expect(data.jobId).not.toBe(id);
    expect(await readJob(api, data.jobId)).toMatchObject({
      status: 'queued',
      retryOf: id,
      request,
      failures: 0,
    });
    const shown = await (await api.call('GET', `/imports/${data.jobId}`)).json();
    expect(shown).toMatchObject({ data: { jobId: data.jobId, status: 'queued', retryOf: id } });
  },
);

it('imports a completed import again', async () => {
  const api = await makeOffline();
  const { id } = await makeImported(api.ctx, { workspaceId: api.workspaceId, request: { store: false } });
  expect((await api.call('POST', `/imports/${id}/retry`)).status).toBe(200);
});

it('makes one import for one Idempotency-Key', async () => {
  const api = await makeOffline();
  const { id } = await makeImported(api.ctx, { workspaceId: api.workspaceId, request: { store: false } });
  const headers = { Authorization: `Bearer ${api.apiKey}`, 'Idempotency-Key': 'again' };
  const retry = () => api.anonymous(`/imports/${id}/retry`, { method: 'POST', headers });
  const answers = await Promise.all([retry(), retry(), retry()]);
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  expect(bodies[1]).toEqual(bodies[0]);
  expect(bodies[2]).toEqual(bodies[0]);
  expect(await api.ctx.db.$count(jobs, eq(jobs.retryOf, id))).toBe(1);
});

it('is refused while the import runs, for a store job, and for an import of another workspace', async () => {
  const [api, other] = [await makeOffline(), await makeOffline()];
  await makeDestination(api.ctx, api.workspaceId);
  const running = await makeJob(api.ctx, { workspaceId: api.workspaceId });
  const finished = await makeImported(api.ctx, { workspaceId: api.workspaceId });
  const stored = await api.call('POST', `/imports/${finished.id}/store`);
  const { data } = await stored.json<{ data: { jobId: string } }>();
  const codeOf = async (from: TestApi, id: string) =>
    (await (await from.call('POST', `/imports/${id}/retry`)).json<{ code: string }>()).code;
  expect(await codeOf(api, running.id)).toBe('job_not_ended');
  expect(await codeOf(api, data.jobId)).toBe('job_not_found');
  expect(await codeOf(other, finished.id)).toBe('job_not_found');
  expect(await codeOf(api, 'nothing')).toBe('job_not_found');
});

it('is checked against the settings of today', async () => {
  const api = await makeOffline();
  const request = { url: 'https://media.example/clip.mp4', store: true, storageDestination: 'gone' };
  const values = {
    status: 'failed',
    request,
    errorCode: 'source_timeout',
    finishedAt: api.ctx.now(),
  } as const;
  const gone = await makeJob(api.ctx, { workspaceId: api.workspaceId, ...values });
  const answer = await api.call('POST', `/imports/${gone.id}/retry`);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 'invalid_request', field: 'storageDestination' });
  const local = { ...values, request: { url: 'http://127.0.0.1/clip.mp4' } };
  const inside = await makeJob(api.ctx, { workspaceId: api.workspaceId, ...local });
  expect(await (await api.call('POST', `/imports/${inside.id}/retry`)).json()).toMatchObject({
    code: 'source_address_forbidden',
  });
  expect(await api.ctx.db.$count(jobs, eq(jobs.workspaceId, api.workspaceId))).toBe(2);
});
