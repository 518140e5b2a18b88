/** `/dashboard/storage`: the bucket of a workspace, as the guide describes it, and its further destinations. */
import { Hono, type Context } from 'hono';
import type { Ctx } from '../../../context.ts';
import { countRequest } from '../../count-request.ts';
import { redirectWith } from '../../flash.ts';
import { problemsOf, readForm } from '../../forms.ts';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { saveAndTest } from '../../../routes/storage/save-and-test.ts';
import { prepareTest } from '../../../storage/connection/test-storage.ts';
import { deletePages } from './delete-destination.tsx';
import { migrationPages } from './migration-pages.tsx';
import { pathOf, STORAGE_PATH } from './paths.ts';
import { placeOf, PLACES, requireName, type Place } from './place.ts';
import { fillIn, findProvider } from './providers.ts';
import { savedText } from './saved-text.ts';
import { showStorage } from './show-storage.tsx';
import { LABELS, toDestinationInput } from './storage-input.ts';
import { streamChecks, wantsStream } from './stream-checks.tsx';

/** The pages, for the site's app to mount. */
export function storagePages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.use(STORAGE_PATH, requireUserScope('storage'));
  app.use(`${STORAGE_PATH}/*`, requireUserScope('storage'));
  const counted = countRequest(ctx);
  app.route('/', migrationPages(ctx));
  app.route('/', deletePages(ctx));
  for (const place of PLACES) {
    app.get(place, (c) => showStorage(ctx, c, placeOf(c)));
    app.post(place, counted, (c) => save(ctx, c, placeOf(c)));
    app.post(`${place}/test`, counted, (c) => test(ctx, c, placeOf(c)));
    app.post(`${place}/provider`, (c) => chooseProvider(ctx, c, placeOf(c)));
  }
  return app;
}

/** "Save Configuration". */
async function save(ctx: Ctx, c: Context<SiteEnv>, place: Place): Promise<Response> {
  const { workspaceId, actor } = sessionOf(c).principal;
  const typed = await readForm(c);
  try {
    const name = await requireName(ctx, { workspaceId, place, typed });
    const saved = await saveAndTest(ctx, { workspaceId, actor, name, input: toDestinationInput(typed) });
    return redirectWith(c, pathOf(saved), savedText(saved.test));
  } catch (error) {
    return showStorage(ctx, c, place, { typed, problems: problemsOf(error, LABELS) });
  }
}

/** "Test Connection": nothing is saved. Where scripts run, each check is sent as it ends; otherwise the page comes with all of them. */
async function test(ctx: Ctx, c: Context<SiteEnv>, place: Place): Promise<Response> {
  const { workspaceId } = sessionOf(c).principal;
  const typed = await readForm(c);
  try {
    const name = await requireName(ctx, { workspaceId, place, typed });
    const run = await prepareTest(ctx, { workspaceId, name }, toDestinationInput(typed));
    if (wantsStream(c)) return streamChecks(ctx, c, run);
    return await showStorage(ctx, c, place, { typed, report: await run() });
  } catch (error) {
    return showStorage(ctx, c, place, { typed, problems: problemsOf(error, LABELS) });
  }
}

/** The button of browsers without scripts. */
async function chooseProvider(ctx: Ctx, c: Context<SiteEnv>, place: Place): Promise<Response> {
  const typed = await readForm(c);
  return showStorage(ctx, c, place, { typed: fillIn(typed, findProvider(typed['provider'])) });
}
