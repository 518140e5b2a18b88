/** Deletes what is left of an import that has ended: its file, or everything. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../../context.ts';
import { JobDeleted } from '../../contract/api/import-answers.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { readDetails } from '../../jobs/details/get-job.ts';
import { deleteImport } from '../../jobs/imports/delete-import.ts';
import { deleteFile } from '../../storage/copies/delete-file.ts';
import { toImportView } from '../../views/import-view.ts';
import { ImportView } from '../../contract/api/import-view.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';
import { okResponse } from '../responses.ts';

const params = z.object({ id: z.string().meta({ description: 'The jobId of POST /import.' }) });

const deleteFileRoute = createRoute({
  method: 'delete',
  path: '/imports/{id}/file',
  summary: 'Delete the file of a completed import',
  description:
    'Deletes the file from service storage before its retention ends; its links stop working. Files in your own bucket stay there. The import and its cost stay. The call is idempotent.',
  ...needsScope('imports:write'),
  request: { params },
  responses: {
    ...okResponse('The import, without the file in service storage.', ImportView),
    ...keyErrorResponses('job_not_found', 'import_not_completed'),
  },
});

const deleteRecordRoute = createRoute({
  method: 'delete',
  path: '/imports/{id}/record',
  summary: 'Delete an import that has ended',
  description:
    'Deletes the import with its URL, title and options, its store jobs, and its file in service storage. From then on no call finds it. Files in your own bucket stay there, and its cost stays in your usage.',
  ...needsScope('imports:write'),
  request: { params },
  responses: {
    ...okResponse('The import is deleted.', JobDeleted),
    ...keyErrorResponses('job_not_found', 'job_not_ended', 'store_in_progress'),
  },
});

/** The routes, for the app to mount. */
export function importDeleteRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(deleteFileRoute, async (c) => {
    const asked = { workspaceId: c.var.principal.workspaceId, importId: c.req.valid('param').id };
    const job = await deleteFile(ctx, asked);
    const data = await toImportView(ctx, await readDetails(ctx, job));
    return c.json({ success: true as const, data }, 200);
  });
  routes.openapi(deleteRecordRoute, async (c) => {
    const asked = { workspaceId: c.var.principal.workspaceId, jobId: c.req.valid('param').id };
    await deleteImport(ctx, asked);
    c.set('about', { jobId: asked.jobId });
    return c.json({ success: true as const, data: { jobId: asked.jobId, deleted: true as const } }, 200);
  });
  return routes;
}
