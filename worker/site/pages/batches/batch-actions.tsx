/** Cancels a batch, and imports what failed in it again. */
import { Hono, type Context } from 'hono';
import { cancelBatch } from '../../../batches/cancel-batch.ts';
import { findBatch, type BatchRef } from '../../../batches/find-batch.ts';
import type { Ctx } from '../../../context.ts';
import { readRetryOrder } from '../../../routes/batches/orders.ts';
import { ConfirmPage } from '../../components/confirm.tsx';
import { orProblem, redirectWith } from '../../flash.ts';
import { readForm } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { CANCEL, CancelEffects } from './batch-buttons.tsx';
import { startOnce } from './new-batch.tsx';
import { BATCHES_PATH, pathOfBatch } from './paths.ts';

/** The forms, for the site's app to mount. */
export function batchActions(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  const mayWrite = requireUserScope('imports:write');
  app.get(`${BATCHES_PATH}/:id/cancel`, mayWrite, async (c) => {
    const path = pathOfBatch((await findBatch(ctx, refOf(c))).batch.id);
    const body = (
      <ConfirmPage {...CANCEL} action={`${path}/cancel`} back={path}>
        <CancelEffects />
      </ConfirmPage>
    );
    return showPage(c, { title: CANCEL.title, body });
  });
  app.post(`${BATCHES_PATH}/:id/cancel`, mayWrite, (c) =>
    run(c, async (ref) => {
      await cancelBatch(ctx, ref);
      return { batchId: ref.batchId, text: 'The batch is canceled.' };
    }),
  );
  app.post(`${BATCHES_PATH}/:id/retry`, mayWrite, (c) =>
    run(c, async (ref) => {
      const typed = await readForm(c);
      const order = { typed, fingerprint: `retry ${ref.batchId}`, readOrder: () => readRetryOrder(ctx, ref) };
      const text = 'A new batch imports again what failed.';
      return { batchId: await startOnce(ctx, c, order), text };
    }),
  );
  return app;
}

function refOf(c: Context<SiteEnv>): BatchRef {
  return { workspaceId: sessionOf(c).principal.workspaceId, batchId: c.req.param('id') ?? '' };
}

/** The page of the batch that `act` names follows. An expected error is shown on the page of the batch, which did not change. */
async function run(
  c: Context<SiteEnv>,
  act: (ref: BatchRef) => Promise<{ batchId: string; text: string }>,
): Promise<Response> {
  const ref = refOf(c);
  return orProblem(c, pathOfBatch(ref.batchId), async () => {
    const { batchId, text } = await act(ref);
    return redirectWith(c, pathOfBatch(batchId), { kind: 'done', text });
  });
}
