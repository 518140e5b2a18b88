/** Finds the imports that a filter may mean, by the index of that filter. */
import { and, desc, eq, gte, lt, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobStatus } from '../../contract/job.ts';
import { importDestinations, importWords } from '../../db/tables/import-lists.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { isListedImport } from '../../db/visible-job.ts';
import { idPrefixOf } from '../../ids.ts';

export interface ImportFilters {
  status?: JobStatus | undefined;
  /** In Unix milliseconds, inclusive. */
  createdFrom?: number | undefined;
  /** In Unix milliseconds, exclusive. */
  createdTo?: number | undefined;
  /** As `hostOf` returns it. */
  host?: string | undefined;
  /** A destination of the workspace. */
  destinationId?: string | undefined;
  /** The batch that they are items of. */
  batchId?: string | undefined;
  /** All of them are in the URL or the title. */
  words?: string[] | undefined;
}

export interface ImportQuery {
  workspaceId: string;
  filters: ImportFilters;
  limit: number;
  /** The page starts behind this import; null for the first page. */
  after: string | null;
}

/** Matches of a word that are counted to compare words. */
const MAX_COUNTED = 200;

/** The words in the order of the number of imports that have them. */
export async function rarestFirst(ctx: Ctx, workspaceId: string, words: string[]): Promise<string[]> {
  if (words.length < 2) return words;
  const matches = sql`(SELECT 1 FROM ${importWords} WHERE ${importWords.workspaceId} = ${workspaceId}
    AND ${importWords.word} = value LIMIT ${sql.raw(String(MAX_COUNTED))})`;
  const rows = await ctx.db.all<{ word: string }>(
    sql`SELECT value AS word FROM json_each(${JSON.stringify(words)}) ORDER BY (SELECT count(*) FROM ${matches}), length(value) DESC`,
  );
  return rows.map(({ word }) => word);
}

/** The query for the IDs of imports by one index, newest first: that of the first word, the destination, the batch, the host, the status, or all. */
export function findCandidates(ctx: Ctx, query: ImportQuery) {
  const { workspaceId, limit } = query;
  const { words: [word] = [], destinationId } = query.filters;
  if (word !== undefined) {
    const { importId: id } = importWords;
    const isWord = and(eq(importWords.workspaceId, workspaceId), eq(importWords.word, word));
    return ctx.db
      .select({ id })
      .from(importWords)
      .where(and(isWord, ...inRange(id, query)))
      .orderBy(desc(id))
      .limit(limit);
  }
  if (destinationId !== undefined) {
    const { importId: id } = importDestinations;
    const isSentThere = eq(importDestinations.destinationId, destinationId);
    return ctx.db
      .select({ id })
      .from(importDestinations)
      .where(and(isSentThere, ...inRange(id, query)))
      .orderBy(desc(id))
      .limit(limit);
  }
  const isOne = oneIndexOf(query.filters);
  const look = (which: SQL | undefined) =>
    ctx.db
      .select({ id: jobs.id })
      .from(jobs)
      .where(and(eq(jobs.workspaceId, workspaceId), isListedImport(), which, ...inRange(jobs.id, query)));
  if (isOne) return look(isOne).orderBy(desc(jobs.id)).limit(limit);
  const list = (one: JobStatus) => look(eq(jobs.status, one));
  // SQLite merges the lists of all statuses, and stops at the limit.
  return list('queued')
    .unionAll(list('processing'))
    .unionAll(list('completed'))
    .unionAll(list('failed'))
    .unionAll(list('canceled'))
    .orderBy(desc(jobs.id))
    .limit(limit);
}

/** The condition for the index of the batch, the host or the status; undefined without such a filter. */
function oneIndexOf({ batchId, host, status }: ImportFilters): SQL | undefined {
  // Without a term of the other indexes, so that SQLite takes the index of the batch.
  if (batchId !== undefined) return sql`${jobs.batchId} = ${batchId} AND ${jobs.batchId} IS NOT NULL`;
  if (host !== undefined) return eq(jobs.sourceHost, host);
  return status && eq(jobs.status, status);
}

/** IDs sort by time. */
function inRange(
  id: typeof jobs.id | typeof importWords.importId | typeof importDestinations.importId,
  { after, filters: { createdFrom, createdTo } }: ImportQuery,
): SQL[] {
  return [
    ...(after === null ? [] : [lt(id, after)]),
    ...(createdTo === undefined ? [] : [lt(id, idPrefixOf(createdTo))]),
    ...(createdFrom === undefined ? [] : [gte(id, idPrefixOf(createdFrom))]),
  ];
}
