/** A page of the list of imports, from the query of a client. */
import type { ImportList, ImportListQuery } from '../../contract/api/import-list.ts';
import type { Ctx } from '../../context.ts';
import { invalidFields } from '../../errors.ts';
import { readCursor, signCursor } from '../../http/cursor.ts';
import type { ImportFilters } from '../../jobs/imports/import-candidates.ts';
import { listImports } from '../../jobs/imports/list-imports.ts';
import { hostOf, wordsOfUrl } from '../../jobs/imports/search-words.ts';
import { getDestination } from '../../storage/destinations/destinations.ts';
import { toImportSummary } from '../../views/import-summary.ts';

/** AppError `destination_not_found`, or `invalid_request` for a cursor of another list, or a host or a text that can match nothing. */
export async function readImportPage(
  ctx: Ctx,
  workspaceId: string,
  { limit, cursor, ...query }: ImportListQuery,
): Promise<ImportList> {
  const list = ['imports', workspaceId, JSON.stringify(query)].join('\n');
  const after = await readCursor(ctx.config, list, cursor);
  const filters = await readFilters(ctx, workspaceId, query);
  const { imports, next } = await listImports(ctx, { workspaceId, filters, limit, after });
  const nextCursor = next === null ? null : await signCursor(ctx.config, list, next);
  return { imports: imports.map(toImportSummary), nextCursor };
}

/** AppError `destination_not_found`, or `invalid_request` for a host or a text that can match nothing. */
async function readFilters(
  ctx: Ctx,
  workspaceId: string,
  {
    status,
    createdFrom,
    createdTo,
    destination: name,
    host,
    batch,
    text,
  }: Omit<ImportListQuery, 'limit' | 'cursor'>,
): Promise<ImportFilters> {
  const destination = name === undefined ? undefined : await getDestination(ctx, { workspaceId, name });
  return {
    status,
    createdFrom: createdFrom === undefined ? undefined : Date.parse(createdFrom),
    createdTo: createdTo === undefined ? undefined : Date.parse(createdTo),
    host: host === undefined ? undefined : readHost(host),
    destinationId: destination?.id,
    batchId: batch,
    words: text === undefined ? undefined : readWords(text),
  };
}

function readHost(host: string): string {
  const listed = /[/?#@:]/.test(host.replace(/^\[.*\]$/, '')) ? null : hostOf(`https://${host}`);
  if (listed !== null) return listed;
  throw invalidFields([{ field: 'host', message: 'host must be a host name without path or port' }]);
}

function readWords(text: string): string[] {
  const words = wordsOfUrl(text);
  if (words.length > 0) return words;
  throw invalidFields([{ field: 'text', message: 'text must contain a word of at least two characters' }]);
}
