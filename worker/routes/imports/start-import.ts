/** Starts an import, for each route that does. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { parseEgressAllow } from '../../contract/address-policy.ts';
import type { ImportQueued } from '../../contract/api/import-answers.ts';
import type { ImportRequest } from '../../contract/api/import-request.ts';
import { withFirstDestination } from '../../contract/api/storage/destination-list.ts';
import type { Ctx } from '../../context.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { createImport } from '../../jobs/create-import.ts';
import { checkImportChoice } from '../../storage/destinations/check-storage-choice.ts';
import { withCallbackUrl } from './callback-url.ts';
import { normalizeSource } from './normalize-source.ts';

interface Order {
  body: ImportRequest;
  /** The import that this one repeats. */
  retryOf?: string;
}

/** Checks the request and creates its job, once for each Idempotency-Key. Returns the data of the answer. */
export async function startImport(
  ctx: Ctx,
  c: Context<AppEnv>,
  readOrder: () => Promise<Order>,
): Promise<z.infer<typeof ImportQueued>> {
  const data = await answerOnce(ctx, c, async (keep) => {
    const { body, ...order } = await readOrder();
    const url = normalizeSource(parseEgressAllow(ctx.config.EGRESS_ALLOW), body.url);
    const request = { ...withFirstDestination(withCallbackUrl(ctx.config, body)), url };
    const { workspaceId, actor } = c.var.principal;
    const warnings = await checkImportChoice(ctx, workspaceId, request);
    const answer = (jobId: string) => ({ jobId, status: 'queued' as const, message: queuedMessage(request) });
    const job = await createImport(ctx, {
      ...order,
      workspaceId,
      createdBy: actor.type === 'key' ? actor.id : null,
      request,
      warnings,
      alongside: ({ id, exists }) => keep(answer(id), exists),
    });
    return answer(job.id);
  });
  c.set('about', { jobId: data.jobId });
  return data;
}

/** The words of Importly. */
function queuedMessage({ webhookUrl }: ImportRequest): string {
  const queued = 'Import request queued.';
  return webhookUrl === undefined ? queued : `${queued} You will receive a webhook when it's complete.`;
}
