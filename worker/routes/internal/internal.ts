/** `/internal`: the calls of downloaders, which carry the token of one attempt. An API key does not open it, and /openapi.json does not list it. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { Hono, type MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import { requireAttemptToken, type AttemptEnv } from '../../auth/require-attempt-token.ts';
import { requireFleetToken } from '../../auth/require-fleet-token.ts';
import type { Ctx } from '../../context.ts';
import {
  CompletedReport,
  FailedReport,
  Heartbeat,
  Hello,
  type HelloAnswer,
  type HeartbeatAnswer,
  type ReportAnswer,
} from '../../contract/downloader/report.ts';
import { parseProcess, PROCESS_HEADER } from '../../contract/downloader/process-header.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { guardedApp } from '../../http/guarded-app.ts';
import { limitBody } from '../../http/limit-body.ts';
import { readJson } from '../../http/read-json.ts';
import { completeJob } from '../../jobs/complete-job.ts';
import { failJob } from '../../jobs/fail-job.ts';
import { heartbeatOfAll, sayHelloToAll } from './by-database.ts';
import { claimRoutes } from './claim.ts';
import { placementRoutes } from './placements.ts';

/** The largest JSON body is that of `complete`: 10,000 parts with their ETags. Parts are larger, and their own route limits them. */
const MAX_JSON_BYTES = 8 * 1024 * 1024;

/** The app, to be mounted at `/internal`. */
export function internalApp(ctx: Ctx): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const limitJson = limitBody(MAX_JSON_BYTES);
  const parts = [reportRoutes(ctx, limitJson), placementRoutes(ctx, limitJson)];
  app.route('/', guardedApp([requireAttemptToken(ctx)], parts));
  app.route('/', guardedApp([requireFleetToken(ctx)], [claimRoutes(ctx, limitJson)]));
  // Not behind the guard: its body has one token for each job that it reports, and the verb checks each of them.
  app.post('/heartbeat', limitJson, async (c) => {
    const answer: HeartbeatAnswer = await heartbeatOfAll(
      ctx,
      await readJson(c, Heartbeat),
      parseProcess(c.req.header(PROCESS_HEADER)),
    );
    return c.json(answer);
  });
  // The same: its body has a proof for each attempt.
  app.post('/hello', limitJson, async (c) => {
    const known = await sayHelloToAll(ctx, await readJson(c, Hello));
    return c.json({ known } satisfies z.infer<typeof HelloAnswer>);
  });
  return app;
}

/** The routes that report how an attempt ended. */
function reportRoutes(ctx: Ctx, limitJson: MiddlewareHandler): Hono<AttemptEnv> {
  const routes = new Hono<AttemptEnv>();
  routes.post('/jobs/:id/completed', limitJson, async (c) => {
    const report = await readJson(c, CompletedReport);
    const answer: ReportAnswer = await completeJob(ctx, { ref: c.var.attempt, report });
    return c.json(answer);
  });
  routes.post('/jobs/:id/failed', limitJson, async (c) => {
    const report = await readJson(c, FailedReport);
    const answer: ReportAnswer = await failJob(ctx, { ref: c.var.attempt, report });
    return c.json(answer);
  });
  return routes;
}
