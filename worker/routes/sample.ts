/** A small file that `npm run doctor` imports as a test. /openapi.json does not list it. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { SAMPLE_PATH, serveSample, SLOW_SAMPLE_PATH } from '../diagnostics/serve-sample.ts';
import type { AppEnv } from '../http/app-env.ts';

/** The two paths, for the app to mount. */
export function sampleRoutes(): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>();
  routes.get(SAMPLE_PATH, () => serveSample(SAMPLE_PATH));
  routes.get(SLOW_SAMPLE_PATH, () => serveSample(SLOW_SAMPLE_PATH));
  return routes;
}
