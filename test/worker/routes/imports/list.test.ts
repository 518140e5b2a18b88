import { beforeEach, describe, expect, it } from 'vitest';
import { claimNext } from '../../../../worker/jobs/claim-next.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeClaimed } from '../../support/claimed.ts';
import { makePlacement } from '../../support/rows.ts';
import { makeDestination, makeImported, OFFLINE, succeed } from '../../transfers/imported.ts';

beforeEach(emptyTables);

interface Page {
  data: { imports: { jobId: string; url: string; title: string | null }[]; nextCursor: string | null };
}

const makeOffline = () => makeApi(makeCtx(OFFLINE));

async function readPage({ call }: TestApi, query: Record<string, string> = {}) {
  const answer = await call('GET', `/imports?${new URLSearchParams(query).toString()}`);
  expect(answer.status).toBe(200);
  return (await answer.json<Page>()).data;
}

const idsOf = ({ imports }: Page['data']) => imports.map(({ jobId }) => jobId);

/** Starts imports, each a second after the one before, and returns their IDs, the newest first. */
async function startAll(api: TestApi, urls: string[], options: object = {}): Promise<string[]> {
  const ids: string[] = [];
  for (const url of urls) {
    const answer = await api.call('POST', '/import', { url, ...options });
    ids.unshift((await answer.json<{ data: { jobId: string } }>()).data.jobId);
    api.ctx.clock.advance(1000);
  }
  return ids;
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `https://media.example.com/${index}.mp4`);

describe('GET /imports', () => {
  it('shows what is known of each import', async () => {
    const api = await makeOffline();
    const [jobId] = await startAll(api, ['https://media.example.com/clip.mp4']);
    await claimNext(api.ctx, { slot: 'slot-0' });
    expect(await readPage(api)).toEqual({
      imports: [
        {
          jobId,
          status: 'processing',
          url: 'https://media.example.com/clip.mp4',
          title: null,
          createdAt: expect.any(String),
          startedAt: expect.any(String),
          finishedAt: null,
          attempt: 1,
          stage: 'resolving',
          bytesDone: 0,
          bytesTotal: null,
          percent: null,
          costInDollars: 0,
          costInMicrodollars: 0,
          error: null,
          retryOf: null,
        },
      ],
      nextCursor: null,
    });
  });

  it('is read by page, the newest first, also while imports are added and change', async () => {
    const api = await makeOffline();
    const ids = await startAll(api, numbered(7));
    const first = await readPage(api, { limit: '3' });
    await startAll(api, numbered(2));
    await api.call('DELETE', `/imports/${ids[4]}`);
    const second = await readPage(api, { limit: '3', cursor: first.nextCursor! });
    const third = await readPage(api, { limit: '3', cursor: second.nextCursor! });
    expect([first, second, third].map(idsOf)).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)]);
    expect(third.nextCursor).toBeNull();
  });

  it('shows nothing of another workspace, no store jobs, and nothing to a new one', async () => {
    const [mine, theirs] = [await makeOffline(), await makeOffline()];
    await makeDestination(mine.ctx, mine.workspaceId);
    const { id } = await makeImported(mine.ctx, { workspaceId: mine.workspaceId });
    await mine.call('POST', `/imports/${id}/store`);
    expect(idsOf(await readPage(mine))).toEqual([id]);
    expect(await readPage(theirs)).toEqual({ imports: [], nextCursor: null });
  });

  it('finds imports by their status', async () => {
    const api = await makeOffline();
    const ids = await startAll(api, numbered(3));
    await api.call('DELETE', `/imports/${ids[1]}`);
    expect(idsOf(await readPage(api, { status: 'canceled' }))).toEqual([ids[1]]);
    expect(idsOf(await readPage(api, { status: 'queued' }))).toEqual([ids[0], ids[2]]);
    expect(idsOf(await readPage(api, { status: 'failed' }))).toEqual([]);
  });

  it('finds imports by the time of their creation', async () => {
    const api = await makeOffline();
    const start = api.ctx.now();
    const ids = await startAll(api, numbered(4));
    const time = (seconds: number) => new Date(start + 1000 * seconds).toISOString();
    expect(idsOf(await readPage(api, { createdFrom: time(1), createdTo: time(3) }))).toEqual([
      ids[1],
      ids[2],
    ]);
    expect(idsOf(await readPage(api, { createdFrom: time(3) }))).toEqual([ids[0]]);
    const inIndia = time(1).replace('Z', '+00:00');
    expect(idsOf(await readPage(api, { createdTo: inIndia }))).toEqual([ids[3]]);
  });

  it.each([
    ['example.com', [0, 2]],
    ['www.Example.com', [0, 2]],
    ['m.example.com', [1]],
    ['bücher.example', [3]],
    ['com', []],
  ])('finds imports by the host %s', async (host, found) => {
    const api = await makeOffline();
    const urls = [
      'https://www.example.com/a',
      'https://m.example.com/b',
      'http://example.com:8080/c',
      'https://xn--bcher-kva.example/d',
    ];
    const ids = (await startAll(api, urls)).toReversed();
    expect(idsOf(await readPage(api, { host })).toReversed()).toEqual(found.map((index) => ids[index]));
  });

  it('finds imports by words of their URL and of their title', async () => {
    const api = await makeOffline();
    const [byUrl] = await startAll(api, ['https://media.example.com/summer%20holiday.mp4']);
    const request = { url: 'https://media.example/1080.mp4' };
    const { id: byTitle } = await makeImported(api.ctx, { workspaceId: api.workspaceId, request });
    const find = async (text: string) => idsOf(await readPage(api, { text }));
    expect(await find('HOLIDAY summer')).toEqual([byUrl]);
    expect(await find('https://media.example.com/summer%20holiday.mp4')).toEqual([byUrl]);
    // The title that the builder gives to a file.
    expect(await find('clip')).toEqual([byTitle]);
    expect((await readPage(api, { text: 'clip' })).imports[0]).toMatchObject({ title: 'clip' });
    expect(await find('clip holiday')).toEqual([]);
    expect(await find("'; DROP TABLE jobs; --")).toEqual([]);
  });

  it('finds imports by their destination, also when it refused the file, and when a store job stored it later', async () => {
    const api = await makeOffline();
    const { ctx, workspaceId } = api;
    const first = await makeDestination(ctx, workspaceId, { name: 'first' });
    const second = await makeDestination(ctx, workspaceId, { name: 'second', isDefault: false });
    const uploading = await makeClaimed(ctx, { workspaceId });
    await makePlacement(ctx, uploading.job, { destinationId: first.id, status: 'open' });
    ctx.clock.advance(1);
    const refused = await makeImported(ctx, { workspaceId, refusedBy: first.id });
    const find = async (destination: string) => idsOf(await readPage(api, { destination }));
    expect(await find('first')).toEqual([refused.id, uploading.job.id]);
    expect(await find('second')).toEqual([]);
    await api.call('POST', `/imports/${refused.id}/store`, { storageDestination: 'second' });
    await succeed(ctx, second.id);
    expect(await find('second')).toEqual([refused.id]);
  });

  it('combines filters', async () => {
    const api = await makeOffline();
    const ids = await startAll(api, numbered(30));
    for (const id of [ids[3], ids[20]]) await api.call('DELETE', `/imports/${id}`);
    const query = { status: 'canceled', host: 'media.example.com', text: 'media mp4', limit: '1' };
    const first = await readPage(api, query);
    const second = await readPage(api, { ...query, cursor: first.nextCursor! });
    expect([idsOf(first), idsOf(second)]).toEqual([[ids[3]], [ids[20]]]);
    expect(idsOf(await readPage(api, { ...query, text: 'media mp3' }))).toEqual([]);
  });
});

describe('a cursor', () => {
  async function readFirst(api: TestApi, query: Record<string, string> = {}) {
    await startAll(api, numbered(3));
    return (await readPage(api, { limit: '1', ...query })).nextCursor!;
  }

  async function askWith({ call }: TestApi, query: Record<string, string>) {
    const answer = await call('GET', `/imports?${new URLSearchParams(query).toString()}`);
    return { status: answer.status, body: await answer.json() };
  }

  const refusal = { status: 400, body: { code: 'invalid_request', field: 'cursor' } };

  it('is refused after every change', async () => {
    const api = await makeOffline();
    const cursor = await readFirst(api);
    // The last character has bits that mean nothing, which this does not change alone.
    for (const at of [0, 20, 50, 60, cursor.length - 1]) {
      const other = cursor[at] === 'A' ? 'Q' : 'A';
      const changed = cursor.slice(0, at) + other + cursor.slice(at + 1);
      expect(await askWith(api, { cursor: changed })).toMatchObject(refusal);
    }
    for (const changed of [cursor.slice(0, -4), `${cursor}AAAA`, '', 'A', 'AAAAA', '../..', 'é'])
      expect(await askWith(api, { cursor: changed })).toMatchObject(refusal);
  });

  it('is refused in another workspace and with other filters, but not with another limit', async () => {
    const [api, other] = [await makeOffline(), await makeOffline()];
    const cursor = await readFirst(api, { status: 'queued' });
    expect(await askWith(other, { cursor, status: 'queued' })).toMatchObject(refusal);
    expect(await askWith(api, { cursor })).toMatchObject(refusal);
    expect(await askWith(api, { cursor, status: 'failed' })).toMatchObject(refusal);
    expect(await askWith(api, { cursor, status: 'queued', host: 'media.example.com' })).toMatchObject(
      refusal,
    );
    expect((await readPage(api, { cursor, status: 'queued', limit: '2' })).imports).toHaveLength(2);
  });

  it('is refused when the secret of the service has changed', async () => {
    const api = await makeOffline();
    const cursor = await readFirst(api);
    api.ctx.config = { ...api.ctx.config, ATTEMPT_TOKEN_KEY: btoa('another secret of thirty-two b.') };
    expect(await askWith(api, { cursor })).toMatchObject(refusal);
  });
});

it.each([
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=1.5', 'limit'],
  ['limit=ten', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['status=done', 'status'],
  ['createdFrom=yesterday', 'createdFrom'],
  ['createdTo=2026-13-01T00:00:00Z', 'createdTo'],
  ['host=example.com/path', 'host'],
  ['host=user@example.com', 'host'],
  ['host=', 'host'],
  ['text=', 'text'],
  ['text=%20a%20-', 'text'],
  [`text=${'a'.repeat(501)}`, 'text'],
  ['destination=Not+a+name', 'destination'],
  ['statuss=failed', 'statuss'],
])('refuses the query %s', async (query, field) => {
  const { call } = await makeOffline();
  const answer = await call('GET', `/imports?${query}`);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 'invalid_request', field });
});

it('does not know a destination of another workspace', async () => {
  const [mine, theirs] = [await makeOffline(), await makeOffline()];
  await makeDestination(theirs.ctx, theirs.workspaceId, { name: 'theirs' });
  const answer = await mine.call('GET', '/imports?destination=theirs');
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: 'destination_not_found' });
});
