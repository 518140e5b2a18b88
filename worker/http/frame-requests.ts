import { createMiddleware } from 'hono/factory';
import type { Ctx } from '../context.ts';
import type { AppEnv } from './app-env.ts';

/** Gives every answer a request ID (also set as `requestId`) and headers against caching and content sniffing. Logs one line for each request. */
export function frameRequests({ newId, now, log }: Ctx) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const requestId = newId();
    const startedAt = now();
    c.set('requestId', requestId);
    await next();
    c.header('X-Request-Id', requestId);
    c.header('X-Content-Type-Options', 'nosniff');
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
    // Heartbeats and parts would fill the log.
    if (c.res.ok && c.req.path.startsWith('/internal/')) return;
    log.info('request', {
      requestId,
      method: c.req.method,
      // Without the query, which may contain a signature.
      path: c.req.path,
      status: c.res.status,
      durationMs: now() - startedAt,
      workspaceId: c.var.principal?.workspaceId,
    });
  });
}
