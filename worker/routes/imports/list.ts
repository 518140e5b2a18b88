/** `GET /imports`: the imports of the workspace, by page. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { ImportList, ImportListQuery } from '../../contract/api/import-list.ts';
import type { Ctx } from '../../context.ts';
import { invalidFields } from '../../errors.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { readCursor, signCursor } from '../../http/cursor.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import type { ImportFilters } from '../../jobs/imports/import-candidates.ts';
import { listImports } from '../../jobs/imports/list-imports.ts';
import { hostOf, wordsOfUrl } from '../../jobs/imports/search-words.ts';
import { getDestination } from '../../storage/destinations/destinations.ts';
import { toImportSummary } from '../../views/import-summary.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/imports',
  summary: 'List imports',
  description:
    'The newest first. Filters can be combined. A page continues where the last one ended, whatever was created or has changed meanwhile. Deleted imports and store jobs are not listed.',
  ...needsScope('imports:read'),
  request: { query: ImportListQuery },
  responses: {
    ...okResponse('A page of the list.', ImportList),
    ...keyErrorResponses('invalid_request', 'destination_not_found'),
  },
});

/** The route, for the app to mount. */
export function importListRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(
    listRoute,
    async (c) => {
      const { workspaceId } = c.var.principal;
      const { limit, cursor, ...query } = c.req.valid('query');
      const list = ['imports', workspaceId, JSON.stringify(query)].join('\n');
      const after = await readCursor(ctx.config, list, cursor);
      const filters = await readFilters(ctx, workspaceId, query);
      const { imports, next } = await listImports(ctx, { workspaceId, filters, limit, after });
      const nextCursor = next === null ? null : await signCursor(ctx.config, list, next);
      const data = { imports: imports.map(toImportSummary), nextCursor };
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(ImportListQuery),
  );
  return routes;
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
