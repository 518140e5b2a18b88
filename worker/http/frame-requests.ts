import { createMiddleware } from 'hono/factory';
import type { Ctx } from '../context.ts';
import type { AppEnv } from './app-env.ts';
import { loggedPath } from './logged-path.ts';

/** Calls of downloaders that come many times for each file, and polls of an import. They are logged only when they fail. */
const FREQUENT =
  /^(?:[A-Z]+ \/internal\/(?:heartbeat|claim|jobs\/[^/]+\/(?:source|placements\/[^/]+\/(?:sign|parts\/[^/]+)))|GET \/(?:import\/status|imports\/[^/]+))$/;

/**
 * Gives every answer a request ID (also set as `requestId`) and headers against caching and content sniffing. Logs one
 * event for each request: who asked for what, about which job, and how it ended.
 */
export function frameRequests({ newId, now, log }: Ctx) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const requestId = newId();
    const startedAt = now();
    c.set('requestId', requestId);
    await next();
    c.header('X-Request-Id', requestId);
    c.header('X-Content-Type-Options', 'nosniff');
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
    // Without the query, which may contain a signature.
    const { method, path } = c.req;
    if (c.res.status < 400 && FREQUENT.test(`${method} ${path}`)) return;
    log.info('request.answered', {
      requestId,
      method,
      path: loggedPath(path),
      status: c.res.status,
      durationMs: now() - startedAt,
      workspaceId: c.var.principal?.workspaceId,
      ...c.var.about,
      code: c.var.errorCode,
    });
  });
}
