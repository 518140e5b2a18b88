/** The statements that make the imports of a batch. They belong into one D1 batch: then all imports exist, or none. */
import { sql, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../../context.ts';
import type { ImportRequest } from '../../contract/api/import-request.ts';
import { boundRow } from '../../db/bound-row.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { markedId } from '../../ids.ts';
import { insertWords } from '../imports/insert-words.ts';
import { hostOf, wordsOfUrl } from '../imports/search-words.ts';

/** An import to be made. */
export interface NewItem {
  request: ImportRequest;
  warnings?: string[];
  /** The import that this one repeats. */
  retryOf?: string;
}

/** Characters of the JSON that one statement binds. D1 takes 2 MB, and a character has up to three bytes. */
const MAX_CHARACTERS = 500_000;

interface NewItems {
  workspaceId: string;
  batchId: string;
  /** The API key of the request. */
  createdBy: string | null;
  items: readonly NewItem[];
  /** The statements change nothing unless it is true. */
  exists: SQL;
}

/** A few statements, however many items. Claims take the items in the order of their ids, which is that of `items`. */
export function insertItems(
  ctx: Ctx,
  { workspaceId, batchId, createdBy, items, exists }: NewItems,
): BatchItem<'sqlite'>[] {
  const now = ctx.now();
  const ids = items.map(() => markedId(now, ctx.database)).toSorted();
  const rows = items.map(({ request, warnings = [], retryOf }, index) => ({
    id: ids[index] ?? '',
    index,
    request,
    host: hostOf(request.url),
    ...(warnings.length > 0 && { warnings }),
    ...(retryOf !== undefined && { retryOf }),
  }));
  const shared = boundRow(jobs, {
    id: '',
    workspaceId,
    batchId,
    createdBy,
    kind: 'import',
    status: 'queued',
    request: { url: '' },
    runAfter: now,
    createdAt: now,
  });
  const row = {
    ...shared,
    id: sql`item.value ->> 'id'`.as('item_id'),
    batchIndex: sql`item.value ->> 'index'`.as('item_index'),
    request: sql`item.value -> 'request'`.as('item_request'),
    sourceHost: sql`item.value ->> 'host'`.as('item_host'),
    warnings: sql`item.value -> 'warnings'`.as('item_warnings'),
    retryOf: sql`item.value ->> 'retryOf'`.as('item_retry_of'),
  };
  return inChunks(rows).flatMap((chunk) => [
    ctx.db.insert(jobs).select(
      ctx.db
        .select(row)
        .from(sql`json_each(${JSON.stringify(chunk)}) AS item`)
        .where(exists),
    ),
    insertWords(
      ctx,
      chunk.map(({ id, request }) => ({ workspaceId, importId: id, words: wordsOfUrl(request.url) })),
      exists,
    ),
  ]);
}

/** Runs of rows whose JSON is short enough for one statement. A row is far shorter. */
function inChunks<Row>(rows: Row[]): Row[][] {
  const chunks: Row[][] = [];
  let room = 0;
  for (const row of rows) {
    const { length } = JSON.stringify(row);
    const last = chunks.at(-1);
    if (last && length <= room) last.push(row);
    else {
      chunks.push([row]);
      room = MAX_CHARACTERS;
    }
    room -= length;
  }
  return chunks;
}
