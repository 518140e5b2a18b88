/** `/diagnostics`: for the operator, whether every part of the deployment answers. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Ctx } from '../context.ts';
import { Diagnosis, QueueProbe } from '../contract/api/diagnostics.ts';
import { diagnose } from '../diagnostics/diagnose.ts';
import { readQueueProbe } from '../diagnostics/queue-probe.ts';
import type { AppEnv } from '../http/app-env.ts';
import { rejectInvalid } from '../http/reject-invalid.ts';
import { keyErrorResponses, needsOperator } from './for-keys.ts';
import { okResponse } from './responses.ts';

const diagnoseRoute = createRoute({
  method: 'post',
  path: '/diagnostics',
  summary: 'Diagnose the deployment',
  description:
    'Asks the database, service storage, the queue and one downloader. A container that sleeps is started. The answer is 200 also when a part fails: read `ok` of each.',
  ...needsOperator(),
  responses: { ...okResponse('What each part answered.', Diagnosis), ...keyErrorResponses('operator_only') },
});

const probeRoute = createRoute({
  method: 'get',
  path: '/diagnostics/queue/{probeId}',
  summary: 'Read whether the queue delivered the message of a diagnosis',
  ...needsOperator(),
  request: {
    params: z.object({ probeId: z.string().meta({ description: 'The `probeId` of the diagnosis.' }) }),
  },
  responses: {
    ...okResponse('The message.', QueueProbe),
    ...keyErrorResponses('operator_only', 'not_found'),
  },
});

/** The routes, for the app to mount. */
export function diagnosticsRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(diagnoseRoute, async (c) => {
    const { workspaceId } = c.var.principal;
    return c.json({ success: true as const, data: await diagnose(ctx, { workspaceId }) }, 200);
  });
  routes.openapi(probeRoute, async (c) => {
    const asked = { workspaceId: c.var.principal.workspaceId, probeId: c.req.valid('param').probeId };
    return c.json({ success: true as const, data: await readQueueProbe(ctx, asked) }, 200);
  });
  return routes;
}
