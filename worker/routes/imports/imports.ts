/** `/imports/{id}`: an import as a resource. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { cancelJob } from '../../jobs/cancel-job.ts';
import { readDetails } from '../../jobs/get-job.ts';
import { deleteFile } from '../../storage/copies/delete-file.ts';
import { toImportView } from '../../views/import-view.ts';
import { ImportView } from '../../contract/api/import-view.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';

const cancelRoute = createRoute({
  method: 'delete',
  path: '/imports/{id}',
  summary: 'Cancel an import',
  description:
    'A queued import is canceled immediately, a running one within one heartbeat. No object remains and nothing is charged. The call is idempotent.',
  ...needsScope('imports:write'),
  request: { params: z.object({ id: z.string().meta({ description: 'The jobId of POST /import.' }) }) },
  responses: {
    ...okResponse('The import, canceled or being canceled.', ImportView),
    ...keyErrorResponses('job_not_found', 'job_already_ended'),
  },
});

const deleteFileRoute = createRoute({
  method: 'delete',
  path: '/imports/{id}/file',
  summary: 'Delete the file of a completed import',
  description:
    'Deletes the file from service storage before its retention ends; its links stop working. Files in your own bucket stay there. The import and its cost stay. The call is idempotent.',
  ...needsScope('imports:write'),
  request: { params: z.object({ id: z.string().meta({ description: 'The jobId of POST /import.' }) }) },
  responses: {
    ...okResponse('The import, without the file in service storage.', ImportView),
    ...keyErrorResponses('job_not_found', 'import_not_completed'),
  },
});

/** The routes, for the app to mount. */
export function importsRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(cancelRoute, async (c) => {
    const asked = { workspaceId: c.var.principal.workspaceId, jobId: c.req.valid('param').id };
    const job = await cancelJob(ctx, asked);
    c.set('about', { jobId: job.id });
    const data = await toImportView(ctx, await readDetails(ctx, job));
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(deleteFileRoute, async (c) => {
    const asked = { workspaceId: c.var.principal.workspaceId, importId: c.req.valid('param').id };
    const job = await deleteFile(ctx, asked);
    const data = await toImportView(ctx, await readDetails(ctx, job));
    return c.json({ success: true as const, data }, 200);
  });
  return routes;
}
