import { eq } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { webhookEndpoints } from '../db/tables/webhooks.ts';
import { AppError } from '../errors.ts';
import { getEndpoint, type EndpointRef } from './endpoint-rows.ts';
import { sealSecret } from './endpoint-secrets.ts';
import type { WithSecret } from './endpoints.ts';
import { newSecret } from './signature.ts';

/**
 * Gives the endpoint a new secret. The previous one signs too for `overlapSeconds`; one that is older no longer does.
 * AppError `webhook_not_found`.
 */
export async function rotateSecret(
  ctx: Ctx,
  { overlapSeconds, ...ref }: EndpointRef & { overlapSeconds: number },
): Promise<WithSecret> {
  const endpoint = await getEndpoint(ctx, ref);
  const secret = newSecret();
  const now = ctx.now();
  const previous =
    overlapSeconds === 0
      ? { previousSecret: null, previousSecretUntil: null }
      : { previousSecret: webhookEndpoints.secret, previousSecretUntil: now + overlapSeconds * 1000 };
  const [row] = await ctx.db
    .update(webhookEndpoints)
    .set({ ...previous, secret: await sealSecret(ctx, endpoint, secret), updatedAt: now })
    .where(eq(webhookEndpoints.id, endpoint.id))
    .returning();
  if (!row) throw new AppError('webhook_not_found');
  return { row, secret };
}
