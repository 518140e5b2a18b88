/** `GET /health`: whether the Worker answers. It asks nobody else, so that a probe costs nothing and needs no key. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { Health } from '../contract/api/health.ts';
import type { AppEnv } from '../http/app-env.ts';
import { VERSION } from '../version.ts';

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
