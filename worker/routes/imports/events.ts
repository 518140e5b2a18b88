/** `GET /imports/{id}/events`: what happens to an import, as Server-Sent Events. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { ImportProgress } from '../../contract/api/import-events.ts';
import { isTerminal } from '../../contract/job.ts';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { rejectInvalid } from '../../http/reject-invalid.ts';
import { getJob } from '../../jobs/details/get-job.ts';
import { toImportView } from '../../views/import-view.ts';
import { eventIdOf, eventText, RETRY_LINE } from '../../watch/server-sent.ts';
import { keyErrorResponses, needsScope } from '../for-keys.ts';

const eventsRoute = createRoute({
  method: 'get',
  path: '/imports/{id}/events',
  summary: 'Watch an import by Server-Sent Events',
  description:
    '`snapshot` at first (an `Import`), `progress` after each change (an `ImportProgress`), `end` when the import ends (an `Import`). Then the stream ends. It also ends after ten minutes: connect again with the header `Last-Event-ID`. Comments keep a silent stream open.',
  ...needsScope('imports:read'),
  request: {
    params: z.object({ id: z.string().meta({ description: 'The jobId of POST /import.' }) }),
    headers: z.object({
      'Last-Event-ID': z.string().max(200).optional().meta({
        description: 'The id of the last event. If nothing has changed since, no snapshot is sent.',
      }),
    }),
  },
  responses: {
    200: { description: 'The stream.', content: { 'text/event-stream': { schema: z.string() } } },
    204: { description: 'The import has ended, and `Last-Event-ID` is its end: nothing more will come.' },
    ...keyErrorResponses('invalid_request', 'job_not_found', 'too_many_watchers'),
  },
});

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // Lets nginx pass events on at once.
  'X-Accel-Buffering': 'no',
};

/** The route, for the app to mount. */
export function importEventsRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openAPIRegistry.register('ImportProgress', ImportProgress);
  routes.openapi(eventsRoute, async (c) => {
    const { workspaceId, actor } = c.var.principal;
    const jobId = c.req.valid('param').id;
    const lastEventId = c.req.valid('header')['Last-Event-ID'] ?? null;
    const details = await getJob(ctx, { workspaceId, jobId });
    c.set('about', { jobId });
    const id = eventIdOf(details.job);
    if (isTerminal(details.job.status)) {
      if (id === lastEventId) return c.body(null, 204);
      const data = await toImportView(ctx, details);
      const events = ['snapshot', 'end'].map((event) => eventText({ id, event, data }));
      return new Response(RETRY_LINE + events.join(''), { headers: HEADERS });
    }
    // A stream that nobody reads would stay open.
    if (c.req.method === 'HEAD') return new Response(null, { headers: HEADERS });
    const stream = await ctx.watches.stream({ jobId, keyId: actor.id, lastEventId });
    if (stream === null) throw new AppError('too_many_watchers');
    return new Response(stream, { headers: HEADERS });
  });
  return routes;
}
