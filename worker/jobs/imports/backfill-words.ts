/** Makes imports searchable that are older than the table of their words. */
import { desc, eq, lt, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { importWordsBackfill } from '../../db/tables/import-lists.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { insertWords } from './insert-words.ts';
import { wordsOf, wordsOfUrl } from './search-words.ts';

/** Jobs that one sweep looks at. Their words are one bound value, of which D1 takes 2 MB. */
const JOBS_PER_SWEEP = 200;

/** Writes the words of some imports, the newest first. Reads one row of an empty table when all are written. */
export async function backfillWords(ctx: Ctx): Promise<void> {
  const [state] = await ctx.db.select().from(importWordsBackfill).limit(1);
  if (!state) return;
  const found = await ctx.db
    .select({
      importId: jobs.id,
      workspaceId: jobs.workspaceId,
      kind: jobs.kind,
      request: jobs.request,
      title: jobs.title,
    })
    .from(jobs)
    .where(lt(jobs.id, state.beforeId))
    .orderBy(desc(jobs.id))
    .limit(JOBS_PER_SWEEP);
  const entries = found
    .filter(({ kind }) => kind === 'import')
    .map(({ importId, workspaceId, request, title }) => ({
      importId,
      workspaceId,
      words: [...new Set([...wordsOfUrl(request.url), ...wordsOf(title ?? '')])],
    }));
  // An import may be deleted meanwhile.
  const exists = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = json_each.value ->> 2 AND ${jobs.deletedAt} IS NULL)`;
  const isCurrent = eq(importWordsBackfill.beforeId, state.beforeId);
  const next = found.length < JOBS_PER_SWEEP ? undefined : found.at(-1)?.importId;
  await ctx.db.batch([
    insertWords(ctx, entries, exists),
    next === undefined
      ? ctx.db.delete(importWordsBackfill).where(isCurrent)
      : ctx.db.update(importWordsBackfill).set({ beforeId: next }).where(isCurrent),
  ]);
}
