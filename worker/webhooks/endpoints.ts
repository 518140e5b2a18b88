/** Creates, changes and deletes endpoints. */
import { and, eq, isNotNull, sql, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { auditRow, type By } from '../audit/audit-row.ts';
import type { Ctx } from '../context.ts';
import type { AuditAction } from '../contract/accounts/audit.ts';
import { DEFAULT_EVENTS, type WebhookChange, type WebhookInput } from '../contract/api/webhooks/endpoint.ts';
import { boundRow } from '../db/bound-row.ts';
import type { WebhookEndpointRow } from '../db/rows.ts';
import { webhookAttempts, webhookDeliveries, webhookEndpoints } from '../db/tables/webhooks.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { AppError } from '../errors.ts';
import { checkWebhookUrl } from './check-url.ts';
import { getOwnEndpoint, type EndpointRef } from './endpoint-rows.ts';
import { requireWebhookHost } from './host-verdict.ts';
import { sealSecret } from './endpoint-secrets.ts';
import { disableEndpoint } from './record-attempt.ts';
import { newSecret } from './signature.ts';

/** Every end of a job writes a row for each endpoint. */
const MAX_ENDPOINTS = 20;

/** An endpoint with its new secret, which cannot be read again. */
export interface WithSecret {
  row: WebhookEndpointRow;
  secret: string;
}

/**
 * Statements that a caller adds to the batch that writes a secret. They must change nothing unless `exists` is true, which it is
 * in that batch from the statement on that writes it.
 */
export type AlongsideSecret = (made: WithSecret, exists: SQL) => Promise<BatchItem<'sqlite'>[]>;

/** Whether the endpoint has the secret of this row. */
export function secretExists({ row }: WithSecret): SQL {
  return sql`EXISTS (SELECT 1 FROM ${webhookEndpoints} AS made WHERE made.id = ${row.id} AND made.secret = ${row.secret})`;
}

interface NewEndpoint extends By {
  input: WebhookInput;
  alongside?: AlongsideSecret;
}

/** AppError `webhook_address_forbidden`, `invalid_request`, or `webhook_limit_reached`. */
export async function createEndpoint(
  ctx: Ctx,
  { workspaceId, actor, input, alongside }: NewEndpoint,
): Promise<WithSecret> {
  const url = checkWebhookUrl(ctx.config, input.url, 'url');
  await requireWebhookHost(ctx, url, 'url');
  const secret = newSecret();
  const owner = { id: ctx.newId(), workspaceId };
  const now = ctx.now();
  const row: WebhookEndpointRow = {
    ...owner,
    url,
    description: input.description ?? null,
    events: input.events ?? DEFAULT_EVENTS,
    format: input.format ?? 'flat',
    secret: await sealSecret(ctx, owner, secret),
    previousSecret: null,
    previousSecretUntil: null,
    disabledAt: null,
    disabledReason: null,
    createdAt: now,
    updatedAt: now,
  };
  const made = { row, secret };
  const values = ctx.db.select(boundRow(webhookEndpoints, row)).from(workspaces).where(hasRoom(workspaceId));
  const [inserted] = await ctx.db.batch([
    ctx.db.insert(webhookEndpoints).select(values).returning({ id: webhookEndpoints.id }),
    auditOfEndpoint(ctx, { by: { workspaceId, actor }, action: 'webhook.created', id: row.id }),
    ...((await alongside?.(made, secretExists(made))) ?? []),
  ]);
  if (inserted.length > 0) return made;
  const most = `A workspace has at most ${MAX_ENDPOINTS} webhook endpoints.`;
  throw new AppError('webhook_limit_reached', most);
}

function hasRoom(workspaceId: string) {
  const count = sql`(SELECT count(*) FROM ${webhookEndpoints} AS endpoint
    WHERE endpoint.workspace_id = ${workspaceId} AND endpoint.url IS NOT NULL)`;
  return and(eq(workspaces.id, workspaceId), sql`${count} < ${MAX_ENDPOINTS}`);
}

/**
 * Changes what the request names. Deliveries that wait go to the new URL. AppError `webhook_not_found`,
 * `webhook_address_forbidden`, or `invalid_request`.
 */
export async function changeEndpoint(
  ctx: Ctx,
  { change, ...ref }: EndpointRef & By & { change: WebhookChange },
): Promise<WebhookEndpointRow> {
  const { url, enabled, ...rest } = change;
  const checked = url === undefined ? {} : { url: checkWebhookUrl(ctx.config, url, 'url') };
  const { id } = await getOwnEndpoint(ctx, ref);
  if (checked.url !== undefined) await requireWebhookHost(ctx, checked.url, 'url');
  if (enabled === false) await ctx.db.batch(disableEndpoint(ctx, id, 'owner'));
  const enable = enabled === true ? { disabledAt: null, disabledReason: null } : {};
  const [, [row]] = await ctx.db.batch([
    auditOfEndpoint(ctx, { by: ref, action: 'webhook.changed', id }),
    ctx.db
      .update(webhookEndpoints)
      .set({ ...rest, ...checked, ...enable, updatedAt: ctx.now() })
      .where(and(eq(webhookEndpoints.id, id), isNotNull(webhookEndpoints.url)))
      .returning(),
  ]);
  if (!row) throw new AppError('webhook_not_found');
  return row;
}

/** Deletes an endpoint with its secrets and its log. AppError `webhook_not_found`. */
export async function deleteEndpoint(ctx: Ctx, ref: EndpointRef & By): Promise<void> {
  const { id } = await getOwnEndpoint(ctx, ref);
  await ctx.db.batch([
    auditOfEndpoint(ctx, { by: ref, action: 'webhook.deleted', id }),
    ctx.db.delete(webhookEndpoints).where(eq(webhookEndpoints.id, id)),
    ctx.db.delete(webhookDeliveries).where(eq(webhookDeliveries.endpointId, id)),
    ctx.db.delete(webhookAttempts).where(eq(webhookAttempts.endpointId, id)),
  ]);
}

/** The row of the audit log for a change of an endpoint, which its URL names. */
export function auditOfEndpoint(
  ctx: Ctx,
  { by, action, id }: { by: By; action: AuditAction; id: string },
): BatchItem<'sqlite'> {
  const where = eq(webhookEndpoints.id, id);
  const change = { by, action, subjectId: id, subjectName: webhookEndpoints.url };
  return auditRow(ctx, change, { table: webhookEndpoints, where });
}
