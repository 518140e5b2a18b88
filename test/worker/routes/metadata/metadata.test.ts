import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import { events } from '../../../../worker/db/tables/events.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { ledger } from '../../../../worker/db/tables/ledger.ts';
import { completeJob } from '../../../../worker/jobs/complete-job.ts';
import { failJob } from '../../../../worker/jobs/fail-job.ts';
import {
  claim,
  DESCRIPTION,
  SOURCE,
  start,
  statusOf,
  URL_OF_PAGE,
  type Body,
} from '../../support/described.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi } from '../../support/make-api.ts';
import { makeEndpoint } from '../../webhooks/receiver.ts';

beforeEach(emptyTables);

const RESOURCES = [
  ['/metadata', 'Metadata'],
  ['/metadata/basic', 'Basic metadata'],
] as const;

describe.each(RESOURCES)('%s', (path, subject) => {
  it("is queued by POST in Importly's words, also with a webhook, which is announced", async () => {
    const api = await makeApi();
    const answer = await api.call('POST', path, { url: URL_OF_PAGE });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      success: true,
      data: { jobId: expect.any(String), status: 'queued', message: `${subject} request queued.` },
    });
    const told = await api.call('POST', path, { url: URL_OF_PAGE, webhook_url: 'https://app.example.com/h' });
    expect((await told.json<Body>()).data['message']).toBe(
      `${subject} request queued. You will receive a webhook when it's complete.`,
    );
  });

  it('is queued by GET, which takes the URL alone', async () => {
    const api = await makeApi();
    const answer = await api.call('GET', `${path}?url=${encodeURIComponent(URL_OF_PAGE)}`);
    const { jobId } = (await answer.json<Body>()).data;
    expect(await statusOf(api, path, jobId)).toMatchObject({ jobId, status: 'queued', attempt: 0 });
    const refused = await api.call(
      'GET',
      `${path}?url=${encodeURIComponent(URL_OF_PAGE)}&webhookUrl=https://a.example`,
    );
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      code: 'invalid_request',
      error: expect.stringContaining('webhookUrl'),
    });
  });

  it('starts nothing for HEAD, which changes nothing', async () => {
    const api = await makeApi();
    const answer = await createApp(api.ctx).request(`${path}?url=${encodeURIComponent(URL_OF_PAGE)}`, {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${api.apiKey}` },
    });
    expect(answer.status).toBe(405);
    expect(await api.ctx.db.$count(jobs)).toBe(0);
  });

  it.each([
    ['no URL', {}, 'invalid_request'],
    ['a private address', { url: 'http://10.0.0.1/a' }, 'source_address_forbidden'],
    [
      'a private webhook',
      { url: URL_OF_PAGE, webhookUrl: 'https://10.0.0.1/a' },
      'webhook_address_forbidden',
    ],
    ['an unknown field', { url: URL_OF_PAGE, store: true }, 'invalid_request'],
  ])('refuses %s', async (_name, body, code) => {
    const api = await makeApi();
    const answer = await api.call('POST', path, body);
    expect([answer.status, (await answer.json<Body>()).code]).toEqual([400, code]);
    expect(await api.ctx.db.$count(jobs)).toBe(0);
  });

  it('makes one job for parallel requests with the same Idempotency-Key', async () => {
    const api = await makeApi();
    const post = () =>
      api.anonymous(path, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${api.apiKey}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': 'k',
        },
        body: JSON.stringify({ url: URL_OF_PAGE }),
      });
    const answers = await Promise.all([post(), post(), post()]);
    const ids = await Promise.all(answers.map(async (answer) => (await answer.json<Body>()).data.jobId));
    expect(new Set(ids).size).toBe(1);
    expect(await api.ctx.db.$count(jobs)).toBe(1);
  });

  it('is unknown to the other status calls and to other workspaces', async () => {
    const api = await makeApi();
    const other = path === '/metadata' ? '/metadata/basic' : '/metadata';
    const id = await start(api, path);
    const stranger = await makeApi(api.ctx);
    const answers = [
      await api.call('GET', `/import/status?id=${id}`),
      await api.call('GET', `/imports/${id}`),
      await api.call('DELETE', `/imports/${id}`),
      await api.call('GET', `${other}/status?id=${id}`),
      await stranger.call('GET', `${path}/status?id=${id}`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(await statusOf(api, path, id)).toMatchObject({ status: 'queued' });
  });

  it('does not show imports', async () => {
    const api = await makeApi();
    const id = await start(api, '/import');
    expect((await api.call('GET', `${path}/status?id=${id}`)).status).toBe(404);
    expect((await api.call('GET', `${path}/status?id=x`)).status).toBe(404);
  });

  it('costs its price once when it completes, however often that is reported', async () => {
    const api = await makeApi();
    await makeEndpoint(api.ctx, api.workspaceId);
    const id = await start(api, path);
    const { ref } = await claim(api);
    const report = { warnings: [], description: DESCRIPTION };
    const reports = [1, 2, 3].map(() => completeJob(api.ctx, { ref, report }));
    expect(await Promise.all(reports)).toEqual([1, 2, 3].map(() => ({ directive: 'continue' })));
    expect(await api.ctx.db.select().from(ledger)).toEqual([
      expect.objectContaining({ jobId: id, status: 'completed', bytes: 0, microdollars: 10_000 }),
    ]);
    const type = path === '/metadata' ? 'metadata.completed' : 'basic-metadata.completed';
    expect(await api.ctx.db.select().from(events)).toEqual([expect.objectContaining({ jobId: id, type })]);
  });

  it('costs nothing when it fails, and tells why', async () => {
    const api = await makeApi();
    await makeEndpoint(api.ctx, api.workspaceId);
    const id = await start(api, path);
    const { ref } = await claim(api);
    await failJob(api.ctx, { ref, report: { failure: { code: 'private_media' }, source: SOURCE } });
    expect(await statusOf(api, path, id)).toMatchObject({
      status: 'failed',
      message: 'The media is private.',
      error: { code: 'private_media', retryable: false },
      costInMicrodollars: 0,
      source: SOURCE,
    });
    expect(await api.ctx.db.select().from(ledger)).toEqual([expect.objectContaining({ microdollars: 0 })]);
    const type = path === '/metadata' ? 'metadata.failed' : 'basic-metadata.failed';
    expect(await api.ctx.db.select().from(events)).toEqual([expect.objectContaining({ jobId: id, type })]);
  });

  it('touches no upload: its attempt cannot announce a file, nor complete without a description', async () => {
    const api = await makeApi();
    await start(api, path);
    const { ref, token, job } = await claim(api);
    const answer = await api.anonymous(`/internal/jobs/${job.id}/artifacts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        role: 'media',
        title: 'x',
        extension: 'mp4',
        contentType: 'video/mp4',
        sizeBytes: 1,
        source: SOURCE,
      }),
    });
    expect([answer.status, (await answer.json<Body>()).code]).toEqual([400, 'invalid_request']);
    await expect(completeJob(api.ctx, { ref, report: { warnings: [] } })).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('answers 304 while nothing has changed', async () => {
    const api = await makeApi();
    const id = await start(api, path);
    const poll = (tag?: string) =>
      api.anonymous(`${path}/status?id=${id}`, {
        headers: { Authorization: `Bearer ${api.apiKey}`, ...(tag && { 'If-None-Match': tag }) },
      });
    const tag = (await poll()).headers.get('ETag')!;
    expect((await poll(tag)).status).toBe(304);
    await claim(api);
    expect((await poll(tag)).status).toBe(200);
  });

  it('shows a running attempt and the failure before it', async () => {
    const api = await makeApi();
    const id = await start(api, path);
    await claim(api);
    await api.ctx.db.update(jobs).set({ errorCode: 'resolver_failed' }).where(eq(jobs.id, id));
    expect(await statusOf(api, path, id)).toMatchObject({
      status: 'processing',
      attempt: 1,
      lastError: { code: 'resolver_failed' },
    });
  });
});
