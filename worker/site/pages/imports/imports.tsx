/** `/dashboard/imports`: the list of imports, a form for a new one, and a page for each. */
import { Hono, type Context } from 'hono';
import type { Ctx } from '../../../context.ts';
import type { ImportList } from '../../../contract/api/import-list.ts';
import { readImportPage } from '../../../routes/imports/read-import-page.ts';
import { listDestinations } from '../../../storage/destinations/destinations.ts';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Note } from '../../components/note.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { problemsOf, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { importActions } from './import-actions.tsx';
import { FILTER_LABELS, Filters, toListQuery, typedFilters } from './import-filters.tsx';
import { ImportTable } from './import-list.tsx';
import { newImportPages } from './new-import.tsx';
import { IMPORTS_PATH, NEW_PATH } from './paths.ts';
import { singleImportPages } from './show-import.tsx';

const NOTHING: ImportList = { imports: [], nextCursor: null };

/** The pages, for the site's app to mount. */
export function importPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.use(IMPORTS_PATH, requireUserScope('imports:read'));
  app.use(`${IMPORTS_PATH}/*`, requireUserScope('imports:read'));
  app.get(IMPORTS_PATH, (c) => showList(ctx, c));
  app.route('/', newImportPages(ctx));
  app.route('/', singleImportPages(ctx));
  app.route('/', importActions(ctx));
  return app;
}

/** The list, with the filters in the address. Status 422 when one of them is wrong. */
async function showList(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { principal } = sessionOf(c);
  const url = new URL(c.req.url);
  const typed = typedFilters(url);
  const [destinations, { list, problems }] = await Promise.all([
    listDestinations(ctx, principal.workspaceId),
    readList(ctx, c, typed),
  ]);
  const isWrong = Object.keys(problems).length > 0;
  const canImport = principal.scopes.includes('imports:write');
  const body = (
    <>
      <PageHeader
        title="Imports"
        lead="Everything that was fetched for this workspace, the newest first."
        guide="/docs/api"
      >
        {canImport && (
          <ButtonLink kind="primary" href={NEW_PATH}>
            New import
          </ButtonLink>
        )}
      </PageHeader>
      <div class="stack">
        <Filters typed={typed} problems={problems} destinations={destinations.map(({ name }) => name)} />
        {problems.form && <Note tone="bad">{problems.form}</Note>}
        <Card flush>
          <ImportTable
            list={list}
            now={ctx.now()}
            href={url.pathname + url.search}
            more={linksOf(url, list.nextCursor)}
            isFiltered={Object.keys(typed).length > 0 || isWrong}
            canImport={canImport}
          />
        </Card>
      </div>
    </>
  );
  return showPage(c, { title: 'Imports', body, status: isWrong ? 422 : 200 });
}

async function readList(
  ctx: Ctx,
  c: Context<SiteEnv>,
  typed: Typed,
): Promise<{ list: ImportList; problems: Problems }> {
  const { workspaceId } = sessionOf(c).principal;
  try {
    const query = toListQuery(typed, c.req.query('cursor'));
    return { list: await readImportPage(ctx, workspaceId, query), problems: {} };
  } catch (error) {
    return { list: NOTHING, problems: problemsOf(error, FILTER_LABELS) };
  }
}

function linksOf(url: URL, nextCursor: string | null) {
  const at = (cursor: string | null) => {
    const query = new URLSearchParams(url.search);
    query.delete('cursor');
    if (cursor !== null) query.set('cursor', cursor);
    return `${url.pathname}${query.size > 0 ? `?${query.toString()}` : ''}`;
  };
  return {
    first: url.searchParams.has('cursor') ? at(null) : null,
    next: nextCursor === null ? null : at(nextCursor),
  };
}
