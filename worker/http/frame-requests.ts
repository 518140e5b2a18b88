import { createMiddleware } from 'hono/factory';
import type { Ctx } from '../context.ts';
import type { AppEnv } from './app-env.ts';

/** What every answer carries, whatever made it: a request id (also set as `requestId`), and headers that keep it out of caches and guesses. Logs one line a request. */
export function frameRequests({ newId, now, log }: Ctx) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const requestId = newId();
    const startedAt = now();
    c.set('requestId', requestId);
    await next();
    c.header('X-Request-Id', requestId);
    c.header('X-Content-Type-Options', 'nosniff');
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
    // Heartbeats and parts would drown everything else.
    if (c.res.ok && c.req.path.startsWith('/internal/')) return;
    log.info('request', {
      requestId,
      method: c.req.method,
      // Without its query, which may hold a signature.
      path: c.req.path,
      status: c.res.status,
      durationMs: now() - startedAt,
      workspaceId: c.var.principal?.workspaceId,
    });
  });
}
