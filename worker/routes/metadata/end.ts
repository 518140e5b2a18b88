/** Cancels metadata jobs and deletes those that have ended, as the same calls do for imports. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import { JobDeleted } from '../../contract/api/import-answers.ts';
import type { BasicMetadataView, MetadataView } from '../../contract/api/metadata/view.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { cancelJob } from '../../jobs/cancel-job.ts';
import { deleteMetadata } from '../../jobs/metadata/delete-metadata.ts';
import { readMetadata } from '../../jobs/metadata/get-metadata.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';
import { RESOURCES, type Resource } from './resources.ts';

/** The routes, for the app to mount. */
export function metadataEndRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  for (const resource of RESOURCES) addRoutes(ctx, routes, resource);
  return routes;
}

function addRoutes(ctx: Ctx, routes: OpenAPIHono<AppEnv>, resource: Resource): void {
  const { kind, toView } = resource;
  routes.openapi(cancelRoute(resource), async (c) => {
    const asked = { workspaceId: c.var.principal.workspaceId, jobId: c.req.valid('param').id };
    const job = await cancelJob(ctx, asked, [kind]);
    c.set('about', { jobId: job.id });
    return c.json({ success: true as const, data: toView(ctx, await readMetadata(ctx, job)) }, 200);
  });
  routes.openapi(deleteRoute(resource), async (c) => {
    const jobId = c.req.valid('param').id;
    await deleteMetadata(ctx, { workspaceId: c.var.principal.workspaceId, jobId, kind });
    c.set('about', { jobId });
    return c.json({ success: true as const, data: { jobId, deleted: true as const } }, 200);
  });
}

function paramsOf({ path }: Resource) {
  return z.object({ id: z.string().meta({ description: `The jobId of POST ${path}.` }) });
}

function cancelRoute(resource: Resource) {
  return createRoute({
    method: 'delete',
    path: `${resource.path}/{id}` as const,
    summary: `Cancel reading ${resource.subject}`,
    description:
      'A queued job is canceled immediately, a running one within one heartbeat. Nothing is charged. The call is idempotent.',
    ...needsScope('imports:write'),
    request: { params: paramsOf(resource) },
    responses: {
      ...okResponse(
        'The job, canceled or being canceled.',
        resource.view as z.ZodType<MetadataView | BasicMetadataView>,
      ),
      ...keyErrorResponses('job_not_found', 'job_already_ended'),
    },
  });
}

function deleteRoute(resource: Resource) {
  return createRoute({
    method: 'delete',
    path: `${resource.path}/{id}/record` as const,
    summary: `Delete ${resource.subject}`,
    description:
      'Deletes a job that has ended, with its URL and its result. From then on no call finds it. Its cost stays in your usage.',
    ...needsScope('imports:write'),
    request: { params: paramsOf(resource) },
    responses: {
      ...okResponse('The job is deleted.', JobDeleted),
      ...keyErrorResponses('job_not_found', 'job_not_ended'),
    },
  });
}
