/** Starts an import, for each route that does. */
import type { Context } from 'hono';
import type { z } from 'zod';
import type { ImportQueued } from '../../contract/api/import-answers.ts';
import type { ImportRequest } from '../../contract/api/import-request.ts';
import { keyIdOf, type Ctx } from '../../context.ts';
import { answerOnce } from '../../http/answer-once.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { createImport } from '../../jobs/create-import.ts';
import { queuedMessage } from '../queued-message.ts';
import { findForRequest } from './default-destination.ts';
import { prepareImport } from './prepare-import.ts';

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
    const { principal } = c.var;
    const { workspaceId } = principal;
    const { request, warnings } = await prepareImport(ctx, workspaceId, body, findForRequest(c));
    const message = queuedMessage('Import', request);
    const answer = (jobId: string) => ({ jobId, status: 'queued' as const, message });
    const job = await createImport(ctx, {
      ...order,
      workspaceId,
      createdBy: keyIdOf(principal),
      request,
      warnings,
      alongside: ({ id, exists }) => keep(answer(id), exists),
    });
    return answer(job.id);
  });
  c.set('about', { jobId: data.jobId });
  return data;
}
