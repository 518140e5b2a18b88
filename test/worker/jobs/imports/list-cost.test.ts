import { sql } from 'drizzle-orm';
import { beforeAll, expect, it } from 'vitest';
import { deleteImport } from '../../../../worker/jobs/imports/delete-import.ts';
import type { ImportFilters } from '../../../../worker/jobs/imports/import-candidates.ts';
import { listImports } from '../../../../worker/jobs/imports/list-imports.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';
import { makeWorkspace } from '../../support/rows.ts';

const { db, costOf } = meteredDb();
const ctx = makeCtx({ db });
const JOBS = 100_000;
const START_MS = Date.UTC(2026, 0, 1);
let workspaceId = '';

/** One import a second. Every tenth failed; every thousandth was canceled, is of another host, has a word of its own and belongs to a batch; one in each thousand waits, and one runs. */
beforeAll(async () => {
  workspaceId = await makeWorkspace(ctx);
  await ctx.db
    .run(sql`INSERT INTO jobs (id, workspace_id, kind, status, request, source_host, run_after, created_at, attempt, batch_id)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${JOBS - 1}),
    t(i, hex) AS (SELECT i, printf('%012x', ${START_MS} + 1000 * i) FROM n)
    SELECT substr(hex, 1, 8) || '-' || substr(hex, 9) || printf('-7000-8000-%012x', i), ${workspaceId}, 'import',
      CASE i % 1000 WHEN 0 THEN 'canceled' WHEN 510 THEN 'queued' WHEN 520 THEN 'processing' ELSE iif(i % 10 = 0, 'failed', 'completed') END,
      '{"url":"https://media.example/common.mp4"}',
      iif(i % 1000 = 0, 'rare.example', 'media.example'), 0, ${START_MS} + 1000 * i, i, iif(i % 1000 = 0, 'batch', NULL) FROM t`);
  await ctx.db.run(
    sql`INSERT INTO import_words SELECT workspace_id, 'common', id FROM jobs WHERE workspace_id = ${workspaceId}`,
  );
  await ctx.db.run(
    sql`INSERT INTO import_words SELECT workspace_id, 'seldom', id FROM jobs WHERE workspace_id = ${workspaceId} AND attempt % 1000 = 0`,
  );
  await ctx.db.run(
    sql`INSERT INTO import_destinations SELECT iif(attempt % 1000 = 0, 'rare', 'usual'), id FROM jobs WHERE workspace_id = ${workspaceId}`,
  );
}, 60_000);

async function readPage(filters: ImportFilters, after: string | null = null) {
  let page = { imports: [] as { attempt: number; id: string }[], next: null as string | null };
  const { rowsRead, calls } = await costOf(async () => {
    page = await listImports(ctx, { workspaceId, filters, limit: 50, after });
  });
  return { ...page, rowsRead, calls };
}

it.each<[string, ImportFilters, number]>([
  ['no filter', {}, 1],
  ['a frequent status', { status: 'completed' }, 1],
  ['a rare status', { status: 'canceled' }, 1000],
  ['a range of time', { createdFrom: START_MS + 1000_000, createdTo: START_MS + 2000_000 }, 1],
  ['a frequent host', { host: 'media.example' }, 1],
  ['a rare host', { host: 'rare.example' }, 1000],
  ['a frequent word', { words: ['common'] }, 1],
  ['a rare word', { words: ['seldom'] }, 1000],
  ['a destination', { destinationId: 'usual' }, 1],
  ['a rare destination', { destinationId: 'rare' }, 1000],
  ['a batch', { batchId: 'batch' }, 1000],
])('reads at most three rows for each import of a page with %s', async (_name, filters, distance) => {
  const first = await readPage(filters);
  expect(first.imports).toHaveLength(50);
  expect(first.rowsRead).toBeLessThanOrEqual(3 * 50);
  const second = await readPage(filters, first.next);
  expect(second.imports).toHaveLength(50);
  expect(second.rowsRead).toBeLessThanOrEqual(3 * 50);
  const numbers = [...first.imports, ...second.imports].map(({ attempt }) => attempt);
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  expect(new Set(numbers).size).toBe(100);
  expect(numbers.filter((number) => number % distance !== 0)).toEqual([]);
});

it('lists the imports of all statuses in one order', async () => {
  const { imports, rowsRead } = await readPage({ createdTo: START_MS + 99_530_000 });
  expect(imports.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 50 }, (_, i) => 99_529 - i));
  expect(rowsRead).toBeLessThanOrEqual(3 * 50);
});

it('begins with the rarest of several words', async () => {
  const { imports, rowsRead } = await readPage({ words: ['common', 'seldom'] });
  expect(imports).toHaveLength(50);
  // Up to 200 of each word are counted.
  expect(rowsRead).toBeLessThanOrEqual(600);
  expect((await readPage({ words: ['common', 'nowhere'] })).rowsRead).toBeLessThanOrEqual(250);
});

it('reads few rows for two filters of which one is frequent, and a bounded number when nothing matches both', async () => {
  const frequent = await readPage({ host: 'rare.example', status: 'canceled' });
  expect(frequent.imports).toHaveLength(50);
  expect(frequent.rowsRead).toBeLessThanOrEqual(3 * 50);
  const nothing = await readPage({ host: 'media.example', status: 'canceled' });
  expect(nothing.imports).toEqual([]);
  expect(nothing.next).not.toBeNull();
  expect(nothing.rowsRead).toBeLessThanOrEqual(3 * 800);
  expect(nothing.calls).toBe(4);
});

it('reaches the end through pages without a match', async () => {
  const range = { createdFrom: START_MS, createdTo: START_MS + 2_000_000 };
  let [pages, after] = [0, null as string | null];
  do {
    const page = await readPage({ status: 'canceled', host: 'media.example', ...range }, after);
    expect(page.imports).toEqual([]);
    after = page.next;
    pages += 1;
  } while (after !== null);
  // 1,998 candidates.
  expect(pages).toBe(3);
});

it('deletes an import without reading the others', async () => {
  const { imports } = await readPage({ words: ['seldom'] });
  const { rowsRead } = await costOf(() => deleteImport(ctx, { workspaceId, jobId: imports[0]!.id }));
  expect(rowsRead).toBeLessThanOrEqual(60);
  expect((await readPage({ words: ['seldom'] })).imports[0]!.id).toBe(imports[1]!.id);
});
