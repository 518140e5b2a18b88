import { env } from 'cloudflare:workers';
import { eq, sql } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { importWords, importWordsBackfill } from '../../../../worker/db/tables/import-lists.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import type { Ctx } from '../../../../worker/context.ts';
import { backfillWords } from '../../../../worker/jobs/imports/backfill-words.ts';
import { listImports } from '../../../../worker/jobs/imports/list-imports.ts';
import { wordsOf } from '../../../../worker/jobs/imports/search-words.ts';
import { sweep } from '../../../../worker/jobs/sweep.ts';
import { copyRows, numbered } from '../../support/copy-rows.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';
import { makeJob, makeWorkspace } from '../../support/rows.ts';
import { OFFLINE } from '../../transfers/imported.ts';

beforeEach(emptyTables);

/** What the migration does in a database that has imports. */
async function runMigration(): Promise<void> {
  const migration = env.TEST_MIGRATIONS.find(({ name }) => name.endsWith('_api_limits_and_hosts.sql'));
  const inserts = migration?.queries.filter((query) => /^INSERT/m.test(query)) ?? [];
  expect(inserts).toHaveLength(1);
  for (const query of inserts) await env.DB.prepare(query).run();
}

/** How many imports the first page of a search has. */
async function count(ctx: Ctx, workspaceId: string, text: string): Promise<number> {
  const filters = { words: wordsOf(text) };
  const { imports } = await listImports(ctx, { workspaceId, filters, limit: 100, after: null });
  return imports.length;
}

it('imports without words are found by URL and title after the next sweeps, which look at 200 jobs each', async () => {
  const ctx = makeCtx(OFFLINE);
  const workspaceId = await makeWorkspace(ctx);
  const request = { url: 'https://media.example/old-film.mp4' };
  const values = { workspaceId, status: 'canceled', request, title: 'Größe' } as const;
  const first = await makeJob(ctx, { ...values, id: '0-oldest' });
  await copyRows(ctx, jobs, { count: 249, changed: { id: numbered("'1'") }, where: sql`id = ${first.id}` });
  await makeJob(ctx, { ...values, id: '2-metadata', kind: 'metadata' });
  await makeJob(ctx, { ...values, id: '2-deleted', deletedAt: 1 });
  await makeJob(ctx, { id: '2-foreign', request });
  await runMigration();
  expect(await count(ctx, workspaceId, 'film')).toBe(0);
  await sweep(ctx);
  expect(await ctx.db.$count(importWords, eq(importWords.word, 'film'))).toBe(198);
  expect(await count(ctx, workspaceId, 'GRÖSSE große film')).toBe(0);
  expect(await count(ctx, workspaceId, 'Große film')).toBe(100);
  await sweep(ctx);
  expect(await ctx.db.$count(importWords, eq(importWords.word, 'film'))).toBe(251);
  expect(await ctx.db.$count(importWords, eq(importWords.importId, first.id))).toBe(6);
  expect(await ctx.db.$count(importWords, eq(importWords.importId, '2-deleted'))).toBe(0);
  expect(await ctx.db.$count(importWords, eq(importWords.importId, '2-metadata'))).toBe(0);
  expect(await ctx.db.$count(importWordsBackfill)).toBe(0);
});

it('a database without imports has nothing to do, and reads one row for it', async () => {
  const { db, costOf } = meteredDb();
  await runMigration();
  expect(await costOf(() => backfillWords(makeCtx({ db })))).toMatchObject({ statements: 1, rowsRead: 1 });
});
