import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { claimNext } from '../../../../worker/jobs/claim-next.ts';
import type { ImportWatch } from '../../../../worker/watch/import-watch.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeJob } from '../../support/rows.ts';
import { makeImported, OFFLINE } from '../../transfers/imported.ts';

beforeEach(emptyTables);

const makeOffline = () => makeApi(makeCtx(OFFLINE));

interface Event {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

function openStream(api: TestApi, id: string, lastEventId?: string): Promise<Response> {
  return api.anonymous(`/imports/${id}/events`, {
    headers: {
      Authorization: `Bearer ${api.apiKey}`,
      ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
    },
  });
}

/** Reads events one by one; undefined after the last. */
function readEvents(response: Response): () => Promise<Event | undefined> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return async () => {
    for (;;) {
      const [, id = '', event = '', data = ''] = /id: (.*)\nevent: (.*)\ndata: (.*)\n\n/.exec(text) ?? [];
      if (event !== '') {
        text = text.slice(text.indexOf(`data: ${data}`) + data.length);
        return { id, event, data: JSON.parse(data) as Record<string, unknown> };
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += value;
    }
  };
}

describe('GET /imports/{id}/events', () => {
  it('follows an import from the queue to its end, and then says that nothing more will come', async () => {
    const api = await makeOffline();
    const { id } = await makeJob(api.ctx, { workspaceId: api.workspaceId });
    const response = await openStream(api, id);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('Cache-Control')).toBe('no-cache, no-transform');
    const next = readEvents(response);
    expect(await next()).toMatchObject({ event: 'snapshot', data: { jobId: id, status: 'queued' } });
    await claimNext(api.ctx, { slot: 'slot-0' });
    expect(await next()).toMatchObject({ event: 'progress', data: { jobId: id, stage: 'resolving' } });
    const bytes = { stage: 'downloading', bytesDone: 500, bytesTotal: 1000 } as const;
    await api.ctx.db.update(jobs).set(bytes).where(eq(jobs.id, id));
    expect(await next()).toMatchObject({ event: 'progress', data: { stage: 'downloading', percent: 50 } });
    const failed = {
      status: 'failed',
      errorCode: 'source_timeout',
      stage: null,
      finishedAt: api.ctx.now(),
    } as const;
    await api.ctx.db.update(jobs).set(failed).where(eq(jobs.id, id));
    const end = await next();
    expect(end).toMatchObject({
      event: 'end',
      data: { status: 'failed', error: { code: 'source_timeout' } },
    });
    expect(await next()).toBeUndefined();
    expect((await openStream(api, id, end!.id)).status).toBe(204);
  });

  it('shows an import that has ended already, with working links', async () => {
    const api = await makeOffline();
    const { id } = await makeImported(api.ctx, { workspaceId: api.workspaceId });
    const next = readEvents(await openStream(api, id, 'something old'));
    const [snapshot, end] = [await next(), await next()];
    expect([snapshot!.event, end!.event, await next()]).toEqual(['snapshot', 'end', undefined]);
    expect(end!.data).toEqual(snapshot!.data);
    expect(end!.data).toMatchObject({ status: 'completed', mediaUrl: expect.stringContaining('/media/') });
  });

  it('is one watch for many clients, of which each may leave', async () => {
    const api = await makeOffline();
    const { id } = await makeJob(api.ctx, { workspaceId: api.workspaceId });
    const streams = await Promise.all(Array.from({ length: 5 }, () => openStream(api, id)));
    const watch = env.WATCH.get(env.WATCH.idFromName(id));
    const count = () => runInDurableObject(watch, (instance) => (instance as ImportWatch).watchers);
    expect(await count()).toBe(5);
    await Promise.all(streams.slice(2).map((stream) => stream.body!.cancel()));
    await vi.waitFor(async () => expect(await count()).toBe(2), 5000);
    const [one, other] = streams.slice(0, 2).map(readEvents);
    for (const next of [one!, other!]) expect(await next()).toMatchObject({ event: 'snapshot' });
    await api.call('DELETE', `/imports/${id}`);
    for (const next of [one!, other!])
      expect(await next()).toMatchObject({ event: 'end', data: { status: 'canceled' } });
    expect(await count()).toBe(0);
  });

  it('opens no stream for HEAD', async () => {
    const api = await makeOffline();
    const { id } = await makeJob(api.ctx, { workspaceId: api.workspaceId });
    const answer = await api.call('HEAD', `/imports/${id}/events`);
    expect([answer.status, answer.body]).toEqual([200, null]);
    const watch = env.WATCH.get(env.WATCH.idFromName(id));
    expect(await runInDurableObject(watch, (instance) => (instance as ImportWatch).watchers)).toBe(0);
  });

  it('does not show an import of another workspace', async () => {
    const [mine, theirs] = [await makeOffline(), await makeOffline()];
    const { id } = await makeJob(theirs.ctx, { workspaceId: theirs.workspaceId });
    expect((await openStream(mine, id)).status).toBe(404);
    expect((await openStream(mine, 'nothing')).status).toBe(404);
  });

  it('is refused with a Last-Event-ID that is too long, and when too many watch the import', async () => {
    const api = await makeOffline();
    const { id } = await makeJob(api.ctx, { workspaceId: api.workspaceId });
    expect((await openStream(api, id, 'x'.repeat(201))).status).toBe(400);
    api.ctx.watches = { ...api.ctx.watches, stream: async () => null };
    const refused = await openStream(api, id);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'too_many_watchers', retryable: true });
  });
});
