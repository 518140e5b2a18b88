/** `POST /import` and `GET /import/status`, with the paths and shapes of Importly. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { ImportQueued } from '../../contract/api/import-answers.ts';
import { ImportRequest } from '../../contract/api/import-request.ts';
import { ConditionalHeaders, StartHeaders } from '../../contract/api/request-headers.ts';
import type { Ctx } from '../../context.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { tagAnswer } from '../../http/answer-with-tag.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { startImport } from './start-import.ts';
import { toImportView } from '../../views/import-view.ts';
import { ImportView } from '../../contract/api/import-view.ts';
import { keyErrorResponses, needsScope, needsScopeToPoll } from '../for-keys.ts';
import { okResponse, polledResponses } from '../responses.ts';
import { waitIfPreferred } from '../wait-if-preferred.ts';
import { getPolledImport } from './poll-import.ts';
import { importReader } from './read-import.ts';

const startRoute = createRoute({
  method: 'post',
  path: '/import',
  summary: 'Start an import',
  description:
    'Stores the media behind a URL. The answer comes at once, and the import runs afterwards: ask for its status, watch it, or name a `webhookUrl`.',
  ...needsScope('imports:write'),
  request: {
    headers: StartHeaders,
    body: { required: true, content: { 'application/json': { schema: ImportRequest } } },
  },
  responses: {
    ...okResponse(
      'The import is queued; or, with `Prefer`, it has ended.',
      z.union([ImportQueued, ImportView]),
    ),
    ...keyErrorResponses(
      'invalid_request',
      'source_address_forbidden',
      'webhook_address_forbidden',
      'request_too_large',
      'idempotency_key_reused',
      'queue_full',
      'concurrency_limited',
      'insufficient_balance',
    ),
  },
});

const statusRoute = createRoute({
  method: 'get',
  path: '/import/status',
  summary: 'Get the status of an import',
  description: 'The same as `GET /imports/{id}`, with the ID in the query.',
  ...needsScopeToPoll('imports:read'),
  request: {
    headers: ConditionalHeaders,
    query: z.object({ id: z.string().meta({ description: 'The jobId of POST /import.' }) }),
  },
  responses: {
    ...polledResponses('The import.', ImportView),
    ...keyErrorResponses('invalid_request', 'job_not_found'),
  },
});

/** The routes, for the app to mount. */
export function importRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(
    startRoute,
    async (c) => {
      const queued = await startImport(ctx, c, async () => ({ body: c.req.valid('json') }));
      const data = await waitIfPreferred(ctx, c, {
        queued,
        readEnded: importReader(ctx, c.var.principal.workspaceId),
      });
      return c.json({ success: true as const, data }, 200);
    },
    rejectInvalid(ImportRequest),
  );
  routes.openapi(statusRoute, async (c) => {
    const jobId = c.req.valid('query').id;
    const details = await getPolledImport(ctx, c, jobId);
    c.set('about', { jobId });
    const data = await toImportView(ctx, details);
    return c.json(await tagAnswer(c, { success: true as const, data }), 200);
  });
  return routes;
}
