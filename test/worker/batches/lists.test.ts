import { beforeEach, expect, it } from 'vitest';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { completeNext, dataOf, someUrls, startBatch } from './batch-api.ts';

beforeEach(emptyTables);

interface Page {
  items: { url: string; index: number; status: string; jobId: string }[];
  nextCursor: string | null;
}

it('lists items by page in the order of the request, also by status', async () => {
  const api = await makeApi();
  const { call, ctx } = api;
  const urls = someUrls(5);
  const { batchId } = await startBatch(api, { urls });
  await completeNext(ctx);
  const first = await dataOf<Page>(call('GET', `/batches/${batchId}/items?limit=2`));
  const second = await dataOf<Page>(
    call('GET', `/batches/${batchId}/items?limit=2&cursor=${first.nextCursor}`),
  );
  const third = await dataOf<Page>(
    call('GET', `/batches/${batchId}/items?limit=2&cursor=${second.nextCursor}`),
  );
  const items = [first, second, third].flatMap((page) => page.items);
  expect(items.map(({ url }) => url)).toEqual(urls);
  expect(items.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  expect(third.nextCursor).toBeNull();
  const completed = await dataOf<Page>(call('GET', `/batches/${batchId}/items?status=completed`));
  expect(completed.items.map(({ url }) => url)).toEqual([urls[0]]);
  const other = await call('GET', `/batches/${batchId}/items?status=queued&cursor=${first.nextCursor}`);
  expect(await other.json()).toMatchObject({ code: 'invalid_request', field: 'cursor' });
});

it('lists batches by page, the newest first', async () => {
  const api = await makeApi();
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    api.ctx.clock.advance(1);
    ids.unshift((await startBatch(api, { urls: someUrls(1) })).batchId);
  }
  interface List {
    batches: { batchId: string }[];
    nextCursor: string | null;
  }
  const first = await dataOf<List>(api.call('GET', '/batches?limit=2'));
  const second = await dataOf<List>(api.call('GET', `/batches?limit=2&cursor=${first.nextCursor}`));
  expect([...first.batches, ...second.batches].map(({ batchId }) => batchId)).toEqual(ids);
  expect(second.nextCursor).toBeNull();
});

it('finds the imports of a batch in the list of imports, together with other filters', async () => {
  const api = await makeApi();
  const { batchId } = await startBatch(api, { urls: someUrls(3) });
  await api.call('POST', '/import', { url: 'https://media.example/single.mp4' });
  await completeNext(api.ctx);
  await completeNext(api.ctx);
  const urlsOf = async (query: string) => {
    const { imports } = await dataOf<{ imports: { url: string }[] }>(api.call('GET', `/imports?${query}`));
    return imports.map(({ url }) => url);
  };
  expect(await urlsOf(`batch=${batchId}`)).toEqual(someUrls(3).toReversed());
  expect(await urlsOf(`batch=${batchId}&status=completed`)).toEqual(someUrls(1));
  expect(await urlsOf('batch=unknown')).toEqual([]);
  expect(await urlsOf(`batch=${batchId}&text=single`)).toEqual([]);
});
