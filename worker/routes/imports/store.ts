/** `POST /imports/{id}/store`: stores the file of a completed import in a bucket. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import { StoreQueued } from '../../contract/api/import-answers.ts';
import { ImportView } from '../../contract/api/import-view.ts';
import type { JobStatus } from '../../contract/job.ts';
import { StoreRequest } from '../../contract/api/import-request.ts';
import { StartHeaders } from '../../contract/api/request-headers.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { optionalBody } from '../../http/optional-body.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { requireQueueRoom } from '../../jobs/queue-limit.ts';
import { requestStore } from '../../transfers/request-store.ts';
import { requireDestination } from '../../storage/destinations/choose-destination.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';
import { waitIfPreferred } from '../wait-if-preferred.ts';
import { importReader } from './read-import.ts';

const storeRoute = createRoute({
  method: 'post',
  path: '/imports/{id}/store',
  summary: 'Store a completed import in a bucket, without importing it again',
  description:
    'Free of charge. The file is read from the copy in service storage, or from a destination whose test could read objects, never from the source. Omitted fields default to those of the import. Repeating the call while the job runs returns the same job.',
  ...needsScope('imports:write'),
  request: {
    params: z.object({ id: z.string().meta({ description: 'The jobId of POST /import.' }) }),
    headers: StartHeaders,
    body: { required: false, content: { 'application/json': { schema: StoreRequest } } },
  },
  responses: {
    ...okResponse('The job is queued; or, with `Prefer`, it has ended.', z.union([StoreQueued, ImportView])),
    ...keyErrorResponses(
      'invalid_request',
      'job_not_found',
      'request_too_large',
      'idempotency_key_reused',
      'import_not_completed',
      'store_in_progress',
      'source_copy_gone',
      'storage_not_configured',
      'queue_full',
    ),
  },
});

/** The routes, for the app to mount. */
export function importsStoreRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.use('/imports/:id/store', optionalBody);
  routes.openapi(
    storeRoute,
    async (c) => {
      const { workspaceId } = c.var.principal;
      const choice = c.req.valid('json');
      const importId = c.req.valid('param').id;
      const queued = await answerOnce(ctx, c, async (keep) => {
        const destination = await requireDestination(ctx, workspaceId, choice);
        await requireQueueRoom(ctx, workspaceId);
        const job = await requestStore(ctx, {
          workspaceId,
          importId,
          destination,
          choice,
          alongside: (made) => keep(toAnswer(importId, made), made.exists),
        });
        return toAnswer(importId, job);
      });
      c.set('about', { jobId: queued.jobId });
      const readEnded = importReader(ctx, workspaceId);
      return c.json(
        { success: true as const, data: await waitIfPreferred(ctx, c, { queued, readEnded }) },
        200,
      );
    },
    rejectInvalid(StoreRequest),
  );
  return routes;
}

function toAnswer(storeOf: string, { id: jobId, status }: { id: string; status: JobStatus }) {
  return { jobId, storeOf, status, message: 'Store request queued.' };
}
