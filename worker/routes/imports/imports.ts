/** `/imports/{id}`: an import as a resource. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import { RetryQueued } from '../../contract/api/import-answers.ts';
import { ConditionalHeaders, StartHeaders } from '../../contract/api/request-headers.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { tagAnswer } from '../../http/answer-with-tag.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { cancelJob } from '../../jobs/cancel-job.ts';
import { readDetails } from '../../jobs/details/get-job.ts';
import { findEndedJob } from '../../jobs/imports/find-ended-job.ts';
import { toImportView } from '../../views/import-view.ts';
import { ImportView } from '../../contract/api/import-view.ts';
import { keyErrorResponses, needsScope, needsScopeToPoll } from '../for-keys.ts';
import { okResponse, polledResponses } from '../responses.ts';
import { startImport } from './start-import.ts';
import { waitIfPreferred } from '../wait-if-preferred.ts';
import { getPolledImport } from './poll-import.ts';
import { importReader } from './read-import.ts';

const params = z.object({ id: z.string().meta({ description: 'The jobId of POST /import.' }) });

const getRoute = createRoute({
  method: 'get',
  path: '/imports/{id}',
  summary: 'Get an import',
  description: 'The same answer as `GET /import/status?id=…`.',
  ...needsScopeToPoll('imports:read'),
  request: { params, headers: ConditionalHeaders },
  responses: { ...polledResponses('The import.', ImportView), ...keyErrorResponses('job_not_found') },
});

const cancelRoute = createRoute({
  method: 'delete',
  path: '/imports/{id}',
  summary: 'Cancel an import',
  description:
    'A queued import is canceled immediately, a running one within one heartbeat. No object remains and nothing is charged. The call is idempotent. `DELETE /imports/{id}/record` deletes an import that has ended.',
  ...needsScope('imports:write'),
  request: { params },
  responses: {
    ...okResponse('The import, canceled or being canceled.', ImportView),
    ...keyErrorResponses('job_not_found', 'job_already_ended'),
  },
});

const retryRoute = createRoute({
  method: 'post',
  path: '/imports/{id}/retry',
  summary: 'Import again',
  description:
    'Starts a new import with the request of one that has ended: failed, canceled, or completed long ago. The settings of today apply, and so does the price.',
  ...needsScope('imports:write'),
  request: { params, headers: StartHeaders },
  responses: {
    ...okResponse(
      'The new import is queued; or, with `Prefer`, it has ended.',
      z.union([RetryQueued, ImportView]),
    ),
    ...keyErrorResponses(
      'invalid_request',
      'source_address_forbidden',
      'webhook_address_forbidden',
      'job_not_found',
      'job_not_ended',
      'idempotency_key_reused',
      'queue_full',
      'concurrency_limited',
      'insufficient_balance',
    ),
  },
});

/** The routes, for the app to mount. */
export function importsRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(getRoute, async (c) => {
    const jobId = c.req.valid('param').id;
    const details = await getPolledImport(ctx, c, jobId);
    c.set('about', { jobId });
    const data = await toImportView(ctx, details);
    return c.json(await tagAnswer(c, { success: true as const, data }), 200);
  });
  routes.openapi(cancelRoute, async (c) => {
    const asked = { workspaceId: c.var.principal.workspaceId, jobId: c.req.valid('param').id };
    const job = await cancelJob(ctx, asked);
    c.set('about', { jobId: job.id });
    const data = await toImportView(ctx, await readDetails(ctx, job));
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(retryRoute, async (c) => {
    const asked = { workspaceId: c.var.principal.workspaceId, jobId: c.req.valid('param').id };
    const queued = await startImport(ctx, c, async () => {
      const { id: retryOf, request: body } = await findEndedJob(ctx, { ...asked, kind: 'import' });
      return { body, retryOf };
    });
    const data = await waitIfPreferred(ctx, c, {
      queued: { ...queued, retryOf: asked.jobId },
      readEnded: importReader(ctx, asked.workspaceId),
    });
    return c.json({ success: true as const, data }, 200);
  });
  return routes;
}
