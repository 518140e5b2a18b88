/** `/internal`: what downloaders call, with the token of one attempt. No API key opens it, and no public document lists it. */
import { Hono } from 'hono';
import { requireAttemptToken, type AttemptEnv } from '../auth/require-attempt-token.ts';
import type { Ctx } from '../context.ts';
import {
  CompletedReport,
  FailedReport,
  Heartbeat,
  type HeartbeatAnswer,
  type ReportAnswer,
} from '../contract/downloader/report.ts';
import { limitBody } from '../http/limit-body.ts';
import { readJson } from '../http/read-json.ts';
import { completeJob } from '../jobs/complete-job.ts';
import { failJob } from '../jobs/fail-job.ts';
import { heartbeat } from '../jobs/heartbeat.ts';
import { addPlacementRoutes } from './internal-placements.ts';

/** The largest JSON body is that of `complete`: 10,000 parts with their ETags. Parts are larger, and measured by their own route. */
const MAX_JSON_BYTES = 8 * 1024 * 1024;

/** The routes, for the app to mount at `/internal`. */
export function internalRoutes(ctx: Ctx): Hono<AttemptEnv> {
  const routes = new Hono<AttemptEnv>();
  routes.use('/jobs/*', requireAttemptToken(ctx));
  routes.on('POST', '/*', limitBody(MAX_JSON_BYTES));
  // Its tokens are in the body, one for each job that it reports, and each is checked by the verb.
  routes.post('/heartbeat', async (c) => {
    const answer: HeartbeatAnswer = await heartbeat(ctx, await readJson(c, Heartbeat));
    return c.json(answer);
  });
  routes.post('/jobs/:id/completed', async (c) => {
    const report = await readJson(c, CompletedReport);
    const answer: ReportAnswer = await completeJob(ctx, c.var.token, c.req.param('id'), report);
    return c.json(answer);
  });
  routes.post('/jobs/:id/failed', async (c) => {
    const report = await readJson(c, FailedReport);
    const answer: ReportAnswer = await failJob(ctx, c.var.token, c.req.param('id'), report);
    return c.json(answer);
  });
  addPlacementRoutes(routes, ctx);
  return routes;
}
