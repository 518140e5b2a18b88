/** Apps that check credentials before each of their routes. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Hono, MiddlewareHandler } from 'hono';
import type { AppEnv } from './app-env.ts';

/**
 * An app that runs `guards` before every route of `parts`. The guards are bound to the paths of those routes, so the
 * protection does not depend on the order in which apps are mounted, and no other path is affected.
 */
export function guardedApp<E extends AppEnv>(
  guards: readonly MiddlewareHandler<E>[],
  parts: readonly (Hono<E> | OpenAPIHono<E>)[],
): OpenAPIHono<E> {
  const app = new OpenAPIHono<E>();
  const paths = new Set(parts.flatMap(({ routes }) => routes.map(({ path }) => path)));
  for (const path of paths) app.use(path, ...guards);
  for (const part of parts) app.route('/', part);
  return app;
}
