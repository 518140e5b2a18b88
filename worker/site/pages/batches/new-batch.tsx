/** `/dashboard/batches/new`: the form of a new batch. */
import { Hono, type Context } from 'hono';
import type { Ctx } from '../../../context.ts';
import { doOnce } from '../../../idempotency/do-once.ts';
import { takeUserRate } from '../../../limits/limit-rate.ts';
import { readOrder } from '../../../routes/batches/orders.ts';
import { makeBatch, type ItemsOrder, type PlaylistOrder } from '../../../routes/batches/start-batch.ts';
import { sha256Hex } from '../../../sha256.ts';
import { listDestinations } from '../../../storage/destinations/destinations.ts';
import { PageHeader } from '../../components/page-header.tsx';
import { redirectWith } from '../../flash.ts';
import { formIdOf } from '../../form-id.ts';
import { readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { SERVICE } from '../imports/import-input.ts';
import { BatchForm } from './batch-form.tsx';
import { batchProblemsOf, toBatchRequest } from './batch-input.ts';
import { BATCHES_PATH, NEW_BATCH_PATH, pathOfBatch } from './paths.ts';

/** The pages, for the site's app to mount. */
export function newBatchPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.use(NEW_BATCH_PATH, requireUserScope('imports:write'));
  app.get(NEW_BATCH_PATH, (c) => showForm(ctx, c, {}));
  app.post(NEW_BATCH_PATH, (c) => start(ctx, c));
  return app;
}

async function start(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const typed = await readForm(c);
  try {
    const request = toBatchRequest(typed);
    const made = { typed, fingerprint: JSON.stringify(request), readOrder: async () => readOrder(request) };
    const batchId = await startOnce(ctx, c, made);
    return redirectWith(c, pathOfBatch(batchId), { kind: 'done', text: 'The batch has started.' });
  } catch (error) {
    return showForm(ctx, c, typed, batchProblemsOf(error, typed));
  }
}

/** Starts a batch for the form with this `formId`: one that is sent twice makes one batch. Returns its id. AppErrors as for `POST /batches`. */
export async function startOnce(
  ctx: Ctx,
  c: Context<SiteEnv>,
  {
    typed,
    fingerprint,
    readOrder,
  }: { typed: Typed; fingerprint: string; readOrder: () => Promise<ItemsOrder | PlaylistOrder> },
): Promise<string> {
  const { principal } = sessionOf(c);
  const { workspaceId } = principal;
  const keyed = {
    workspaceId,
    key: `form ${formIdOf(ctx, typed)}`,
    fingerprint: await sha256Hex(fingerprint),
  };
  const take = (count: number) => takeUserRate(ctx, principal, { rate: 'importsPerHour', count });
  const { data } = await doOnce(ctx, keyed, async (keep) =>
    makeBatch(ctx, { principal, order: await readOrder(), take, keep }),
  );
  return data.batchId;
}

async function showForm(
  ctx: Ctx,
  c: Context<SiteEnv>,
  typed: Typed,
  problems: Problems = {},
): Promise<Response> {
  const destinations = await listDestinations(ctx, sessionOf(c).principal.workspaceId);
  const standard = destinations.find(({ isDefault }) => isDefault)?.name ?? SERVICE;
  const body = (
    <>
      <PageHeader
        up={{ href: BATCHES_PATH, label: 'Batches' }}
        title="New batch"
        guide="/docs/batches"
        lead="Many imports with the same options. All of them start, or none. Single imports go first."
      />
      <BatchForm
        typed={{ storageDestination: standard, ...typed }}
        problems={problems}
        destinations={destinations}
        retentionDays={ctx.config.RETENTION_DAYS}
        formId={formIdOf(ctx, typed)}
      />
    </>
  );
  const isWrong = Object.keys(problems).length > 0;
  return showPage(c, { title: 'New batch', body, status: isWrong ? 422 : 200 });
}
