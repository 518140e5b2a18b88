/** `GET /health`: whether the Worker answers. It asks nobody else, so that a probe costs nothing and needs no key. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppEnv } from '../http/app-env.ts';
import { VERSION } from '../version.ts';

const Health = z.strictObject({ ok: z.literal(true), version: z.string() }).meta({ id: 'Health' });

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  summary: 'Whether the service answers',
  responses: { 200: { description: 'It does.', content: { 'application/json': { schema: Health } } } },
});

/** The route, for the app to mount. */
export function healthRoutes(): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>();
  return routes.openapi(healthRoute, (c) => c.json({ ok: true as const, version: VERSION }, 200));
}
