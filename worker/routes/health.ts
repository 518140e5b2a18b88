/** `GET /health`: whether the service answers, whether its downloaders do, and the versions. It needs no key. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { Health } from '../contract/api/health.ts';
import type { Ctx } from '../context.ts';
import { askEvery } from '../databases/every-database.ts';
import { readFleetVersions } from '../diagnostics/fleet-versions.ts';
import type { AppEnv } from '../http/app-env.ts';
import { isWorkDue } from '../jobs/is-work-due.ts';
import { findSilence } from '../jobs/find-silence.ts';
import { VERSION } from '../version.ts';

/** How long an isolate repeats its last answer, in milliseconds: anyone may call it as often as they like. */
const FRESH_MS = 5_000;

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  summary: 'Whether the service answers',
  responses: {
    200: { description: 'The service answers.', content: { 'application/json': { schema: Health } } },
  },
});

/** The route, for the app to mount. */
export function healthRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const readState = remembered(ctx, readHealth);
  const routes = new OpenAPIHono<AppEnv>();
  return routes.openapi(healthRoute, async (c) => {
    return c.json({ ok: true as const, version: VERSION, ...(await readState()) }, 200);
  });
}

async function readHealth(ctx: Ctx): Promise<Pick<Health, 'noDownloaderSince' | 'downloaders'>> {
  const since = await findBlockingSilence(ctx);
  const noDownloaderSince = since === null ? null : new Date(since).toISOString();
  return { noDownloaderSince, downloaders: await readFleetVersions(ctx) };
}

/** Since when no downloader answers while work is due; null while one does. Downloaders are not asked while nothing is due, so an old silence says nothing then. */
export async function findBlockingSilence(ctx: Ctx): Promise<number | null> {
  const times = (await askEvery(ctx, findOwnSilence)).filter((since) => since !== null);
  return times.length === 0 ? null : Math.min(...times);
}

async function findOwnSilence(ctx: Ctx): Promise<number | null> {
  for (const pages of ctx.config.PAGE_SLOTS > 0 ? [false, true] : [false]) {
    const since = await findSilence(ctx, { pages });
    if (since !== null && (await isWorkDue(ctx, { pages }))) return since;
  }
  return null;
}

/** Values are shared among requests, never promises: a request may not wait for the query of another one. */
function remembered<Value>(ctx: Ctx, read: (ctx: Ctx) => Promise<Value>): () => Promise<Value> {
  let last: { atMs: number; value: Value } | undefined;
  return async () => {
    if (last && ctx.now() - last.atMs < FRESH_MS) return last.value;
    const value = await read(ctx);
    last = { atMs: ctx.now(), value };
    return value;
  };
}
