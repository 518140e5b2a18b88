import { eq } from 'drizzle-orm';
import type { By } from '../audit/audit-row.ts';
import type { Ctx } from '../context.ts';
import { webhookEndpoints } from '../db/tables/webhooks.ts';
import { AppError } from '../errors.ts';
import { getEndpoint, type EndpointRef } from './endpoint-rows.ts';
import { sealSecret } from './endpoint-secrets.ts';
import { auditOfEndpoint, secretExists, type AlongsideSecret, type WithSecret } from './endpoints.ts';
import { newSecret } from './signature.ts';

/**
 * Gives the endpoint a new secret. The previous one signs too for `overlapSeconds`; one that is older no longer does.
 * AppError `webhook_not_found`.
 */
export async function rotateSecret(
  ctx: Ctx,
  {
    overlapSeconds,
    alongside,
    ...ref
  }: EndpointRef & By & { overlapSeconds: number; alongside?: AlongsideSecret },
): Promise<WithSecret> {
  const endpoint = await getEndpoint(ctx, ref);
  const secret = newSecret();
  const now = ctx.now();
  const isOverlap = overlapSeconds > 0;
  const changed = {
    secret: await sealSecret(ctx, endpoint, secret),
    previousSecretUntil: isOverlap ? now + overlapSeconds * 1000 : null,
    updatedAt: now,
  };
  const made = {
    row: { ...endpoint, ...changed, previousSecret: isOverlap ? endpoint.secret : null },
    secret,
  };
  const by = { workspaceId: ref.workspaceId, actor: ref.actor };
  const [, updated] = await ctx.db.batch([
    auditOfEndpoint(ctx, { by, action: 'webhook.secret_rotated', id: endpoint.id }),
    ctx.db
      .update(webhookEndpoints)
      // Another rotation may have come between.
      .set({ ...changed, previousSecret: isOverlap ? webhookEndpoints.secret : null })
      .where(eq(webhookEndpoints.id, endpoint.id))
      .returning({ id: webhookEndpoints.id }),
    ...((await alongside?.(made, secretExists(made))) ?? []),
  ]);
  if (updated.length === 0) throw new AppError('webhook_not_found');
  return made;
}
