/** Finds endpoints. The endpoint of a workspace for the URLs that requests name is made when it is first needed. */
import { and, asc, eq, isNotNull } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { DEFAULT_EVENTS } from '../contract/api/webhooks/endpoint.ts';
import type { WebhookDeliveryRow, WebhookEndpointRow } from '../db/rows.ts';
import { webhookEndpoints } from '../db/tables/webhooks.ts';
import { AppError } from '../errors.ts';
import { sealSecret } from './endpoint-secrets.ts';
import { newSecret } from './signature.ts';

/** How the API calls the endpoint for the URLs that requests name. */
export const REQUESTS = 'requests';

export interface EndpointRef {
  workspaceId: string;
  id: string;
}

/** An endpoint of the workspace. AppError `webhook_not_found`. */
export async function getEndpoint(ctx: Ctx, { workspaceId, id }: EndpointRef): Promise<WebhookEndpointRow> {
  const row =
    id === REQUESTS ? await requestsEndpoint(ctx, workspaceId) : await findOwn(ctx, { workspaceId, id });
  if (!row) throw new AppError('webhook_not_found');
  return row;
}

/** An endpoint that has a URL of its own. AppError `webhook_not_found`. */
export async function getOwnEndpoint(
  ctx: Ctx,
  ref: EndpointRef,
): Promise<WebhookEndpointRow & { url: string }> {
  const row = await findOwn(ctx, ref);
  if (!row) throw new AppError('webhook_not_found');
  return row;
}

/** The endpoints that have URLs of their own, the oldest first. */
export function listEndpoints(ctx: Ctx, workspaceId: string): Promise<WebhookEndpointRow[]> {
  return ctx.db.query.webhookEndpoints.findMany({
    where: and(eq(webhookEndpoints.workspaceId, workspaceId), isNotNull(webhookEndpoints.url)),
    orderBy: [asc(webhookEndpoints.id)],
  });
}

/** The endpoint of a delivery; undefined when it was deleted. */
export async function findEndpointOf(
  ctx: Ctx,
  { endpointId, workspaceId, url }: WebhookDeliveryRow,
): Promise<WebhookEndpointRow | undefined> {
  if (url !== null) return requestsEndpoint(ctx, workspaceId);
  return ctx.db.query.webhookEndpoints.findFirst({ where: eq(webhookEndpoints.id, endpointId) });
}

async function findOwn(
  ctx: Ctx,
  { workspaceId, id }: EndpointRef,
): Promise<(WebhookEndpointRow & { url: string }) | undefined> {
  const row = await ctx.db.query.webhookEndpoints.findFirst({
    where: and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.workspaceId, workspaceId)),
  });
  return row && row.url !== null ? { ...row, url: row.url } : undefined;
}

/** Its id is that of the workspace, so that there is only one however many ask for it at once. */
async function requestsEndpoint(ctx: Ctx, workspaceId: string): Promise<WebhookEndpointRow | undefined> {
  const find = () => ctx.db.query.webhookEndpoints.findFirst({ where: eq(webhookEndpoints.id, workspaceId) });
  const found = await find();
  if (found) return found;
  const owner = { id: workspaceId, workspaceId };
  const now = ctx.now();
  const values = { events: DEFAULT_EVENTS, format: 'flat' as const, createdAt: now, updatedAt: now };
  const secret = await sealSecret(ctx, owner, newSecret());
  await ctx.db
    .insert(webhookEndpoints)
    .values({ ...owner, ...values, secret })
    .onConflictDoNothing();
  return find();
}
