/** Cancels, repeats, copies and deletes an import. */
import { Hono, type Context } from 'hono';
import type { Ctx } from '../../../context.ts';
import { cancelJob } from '../../../jobs/cancel-job.ts';
import { createImport } from '../../../jobs/create-import.ts';
import { getJob } from '../../../jobs/details/get-job.ts';
import { deleteImport } from '../../../jobs/imports/delete-import.ts';
import { findEndedJob } from '../../../jobs/imports/find-ended-job.ts';
import { requireQueueRoom } from '../../../jobs/queue-limit.ts';
import { takeUserRate } from '../../../limits/limit-rate.ts';
import { prepareImport } from '../../../routes/imports/prepare-import.ts';
import { requireDestination } from '../../../storage/destinations/choose-destination.ts';
import { requestStore } from '../../../transfers/request-store.ts';
import { ConfirmPage } from '../../components/confirm.tsx';
import { orProblem, redirectWith } from '../../flash.ts';
import { readForm } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { DELETE_TITLE, DeletionEffects } from './import-buttons.tsx';
import { IMPORTS_PATH, pathOfImport } from './paths.ts';

interface Ref {
  workspaceId: string;
  jobId: string;
}

/** What a form did: the page that follows, and what it says. */
interface Outcome {
  path: string;
  text: string;
}

/** The forms, for the site's app to mount. */
export function importActions(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  const actions = { cancel, retry, store, delete: remove };
  for (const [name, act] of Object.entries(actions)) {
    const path = `${IMPORTS_PATH}/:id/${name}`;
    app.post(path, requireUserScope('imports:write'), (c) => run(c, (ref) => act(ctx, ref, c)));
  }
  app.get(`${IMPORTS_PATH}/:id/delete`, requireUserScope('imports:write'), async (c) => {
    const { job } = await getJob(ctx, refOf(c));
    const path = pathOfImport(job.id);
    const body = (
      <ConfirmPage title={DELETE_TITLE} action={`${path}/delete`} back={path} confirm="Delete the import">
        <DeletionEffects />
      </ConfirmPage>
    );
    return showPage(c, { title: DELETE_TITLE, body });
  });
  return app;
}

function refOf(c: Context<SiteEnv>): Ref {
  return { workspaceId: sessionOf(c).principal.workspaceId, jobId: c.req.param('id') ?? '' };
}

/** An expected error is shown on the page of the import, which did not change. */
async function run(c: Context<SiteEnv>, act: (ref: Ref) => Promise<Outcome>): Promise<Response> {
  const ref = refOf(c);
  return orProblem(c, pathOfImport(ref.jobId), async () => {
    const { path, text } = await act(ref);
    return redirectWith(c, path, { kind: 'done', text });
  });
}

async function cancel(ctx: Ctx, ref: Ref): Promise<Outcome> {
  const { status } = await cancelJob(ctx, ref);
  const text = status === 'canceled' ? 'The import is canceled.' : 'The import is being canceled.';
  return { path: pathOfImport(ref.jobId), text };
}

/** The settings of today apply. */
async function retry(ctx: Ctx, ref: Ref, c: Context<SiteEnv>): Promise<Outcome> {
  const { id: retryOf, request: asked } = await findEndedJob(ctx, { ...ref, kind: 'import' });
  const { workspaceId } = ref;
  await takeUserRate(ctx, sessionOf(c).principal, { rate: 'importsPerHour', count: 1 });
  const { request, warnings } = await prepareImport(ctx, workspaceId, asked);
  const job = await createImport(ctx, { workspaceId, request, warnings, retryOf });
  return { path: pathOfImport(job.id), text: 'The import has started again.' };
}

async function store(ctx: Ctx, { workspaceId, jobId: importId }: Ref, c: Context<SiteEnv>): Promise<Outcome> {
  const { storageDestination } = await readForm(c);
  await takeUserRate(ctx, sessionOf(c).principal, { rate: 'requestsPerHour', count: 1 });
  const choice = storageDestination === undefined ? {} : { storageDestination };
  const destination = await requireDestination(ctx, workspaceId, choice);
  await requireQueueRoom(ctx, workspaceId);
  const job = await requestStore(ctx, { workspaceId, importId, destination, choice });
  return { path: pathOfImport(job.id), text: `The file is being copied to ${destination.name}.` };
}

async function remove(ctx: Ctx, ref: Ref): Promise<Outcome> {
  await deleteImport(ctx, ref);
  return { path: IMPORTS_PATH, text: 'The import is deleted.' };
}
