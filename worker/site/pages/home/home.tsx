/** `/dashboard`: what to do first, and what happened last. */
import { Hono, type Context } from 'hono';
import type { Ctx } from '../../../context.ts';
import { listImports } from '../../../jobs/imports/list-imports.ts';
import { listDestinations } from '../../../storage/destinations/destinations.ts';
import { toDestinationView } from '../../../views/destination-view.ts';
import { toImportSummary } from '../../../views/import-summary.ts';
import { ButtonLink } from '../../components/button.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { showPage } from '../../layout/show-page.tsx';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { Checklist } from './checklist.tsx';
import { readFirstSteps } from './first-steps.ts';
import { RecentImports } from './recent-imports.tsx';
import { StorageState } from './storage-state.tsx';

const RECENT = 8;

/** The page, for the site's app to mount. */
export function homePages(ctx: Ctx): Hono<SiteEnv> {
  return new Hono<SiteEnv>().get('/dashboard', (c) => showHome(ctx, c));
}

async function showHome(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { principal, workspace } = sessionOf(c);
  const { workspaceId, scopes } = principal;
  const seesStorage = scopes.includes('storage');
  const lists = Promise.all([
    listImports(ctx, { workspaceId, filters: {}, limit: RECENT, after: null }),
    seesStorage ? listDestinations(ctx, workspaceId) : [],
  ]);
  const known = async () => {
    const [{ imports }, { length }] = await lists;
    return { hasBucket: length > 0, hasImport: imports.length > 0 };
  };
  const [[{ imports: rows }, destinations], steps] = await Promise.all([
    lists,
    readFirstSteps(ctx, principal, known),
  ]);
  const chosen = destinations.find(({ isDefault }) => isDefault);
  const view = chosen ? await toDestinationView(ctx, chosen) : null;
  const others = destinations.length - (chosen ? 1 : 0);
  const body = (
    <>
      <PageHeader title={workspace.name}>
        {rows.length > 0 && scopes.includes('imports:write') && (
          <ButtonLink href="/dashboard/imports/new" kind="primary">
            Start an import
          </ButtonLink>
        )}
      </PageHeader>
      <div class="stack wide">
        {steps.length > 0 && <Checklist steps={steps} />}
        <RecentImports imports={rows.map(toImportSummary)} now={ctx.now()} apiUrl={ctx.config.PUBLIC_URL} />
        {seesStorage && (view || steps.length === 0) && <StorageState view={view} others={others} />}
      </div>
    </>
  );
  return showPage(c, { title: 'Home', body });
}
