/** `GET /usage`: what the jobs of the workspace used and cost, and its balance. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { accepts } from 'hono/accepts';
import { Usage, UsageQuery } from '../contract/api/usage.ts';
import type { Ctx } from '../context.ts';
import { invalidFields } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { rejectInvalid } from '../http/reject-invalid.ts';
import { readBalance } from '../usage/balance.ts';
import { readUsage } from '../usage/read-usage.ts';
import { toUsageCsv } from '../views/usage-csv.ts';
import { toUsageView } from '../views/usage-view.ts';
import { keyErrorResponses, needsScope } from './for-keys.ts';
import { okResponse } from './responses.ts';

const DAY_MS = 86_400_000;
const MAX_DAYS = 366;
const DEFAULT_DAYS = 30;

const { 200: answer } = okResponse('The usage. With `Accept: text/csv`, its rows alone.', Usage);

const usageRoute = createRoute({
  method: 'get',
  path: '/usage',
  summary: 'Get usage, cost and balance',
  description:
    'Counts every job of the workspace on the day on which it ended. Failed and canceled jobs and store jobs cost nothing.',
  ...needsScope('usage'),
  request: { query: UsageQuery },
  responses: {
    200: { ...answer, content: { ...answer.content, 'text/csv': { schema: z.string() } } },
    ...keyErrorResponses('invalid_request'),
  },
});

/** The route, for the app to mount. */
export function usageRoutes(ctx: Ctx): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid() });
  routes.openapi(
    usageRoute,
    async (c) => {
      const { workspaceId } = c.var.principal;
      const query = c.req.valid('query');
      const data = await readUsageView(ctx, workspaceId, query);
      const supports = ['application/json', 'text/csv'];
      const type = accepts(c, { header: 'Accept', supports, default: 'application/json' });
      if (type !== 'text/csv') return c.json({ success: true as const, data }, 200);
      return c.body(toUsageCsv(data, query.groupBy), 200, { 'Content-Type': 'text/csv; charset=utf-8' });
    },
    rejectInvalid(UsageQuery),
  );
  return routes;
}

/** The usage of the days and groups that the query asks for. AppError `invalid_request` for a wrong range. */
export async function readUsageView(
  ctx: Ctx,
  workspaceId: string,
  { groupBy, ...asked }: UsageQuery,
): Promise<Usage> {
  const { from, to } = readDays(ctx, asked);
  const range = { from: Date.parse(from), to: Date.parse(to) + DAY_MS };
  const rows = await readUsage(ctx, { workspaceId, groupBy, ...range });
  return toUsageView(ctx, { from, to, rows, balance: await readBalance(ctx, workspaceId) });
}

/** The first and the last day. AppError `invalid_request` when they are in the wrong order or too far apart. */
function readDays(ctx: Ctx, asked: Pick<UsageQuery, 'from' | 'to'>): { from: string; to: string } {
  const to = asked.to ?? toDay(ctx.now());
  const from = asked.from ?? toDay(Date.parse(to) - (DEFAULT_DAYS - 1) * DAY_MS);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days >= 1 && days <= MAX_DAYS) return { from, to };
  const message = `from must be at most ${MAX_DAYS - 1} days before to (${to}), and not after it`;
  throw invalidFields([{ field: 'from', message }]);
}

function toDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
