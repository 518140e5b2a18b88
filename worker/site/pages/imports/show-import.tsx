/** `/dashboard/imports/{id}`: what became of one import, and what to do about it. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { Ctx } from '../../../context.ts';
import type { ImportView } from '../../../contract/api/import-view.ts';
import { isTerminal } from '../../../contract/job.ts';
import { getJob } from '../../../jobs/details/get-job.ts';
import { listAttempts, type AttemptRow } from '../../../jobs/imports/list-attempts.ts';
import { listDestinations } from '../../../storage/destinations/destinations.ts';
import { toImportView } from '../../../views/import-view.ts';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { Definitions } from '../../components/definitions.tsx';
import { ImportState } from '../../components/import-state.tsx';
import { Note } from '../../components/note.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Time } from '../../components/time.tsx';
import { showPage } from '../../layout/show-page.tsx';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { AttemptList } from './attempt-list.tsx';
import { FilePart } from './file-part.tsx';
import { Actions, StoreForm } from './import-buttons.tsx';
import { toCurl } from './import-input.ts';
import { LivePart } from './live-part.tsx';
import { IMPORTS_PATH, pathOfImport } from './paths.ts';
import { shortUrl } from './words.ts';

/** The pages, for the site's app to mount. */
export function singleImportPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.get(`${IMPORTS_PATH}/:id`, (c) => showImport(ctx, c));
  app.get(`${IMPORTS_PATH}/:id/live`, async (c) => {
    const { view, attempts } = await readImport(ctx, c);
    // The page of an ended import has other parts.
    if (isTerminal(view.status)) c.header('HX-Refresh', 'true');
    return c.html(<LivePart view={view} attempts={attempts} now={ctx.now()} />);
  });
  return app;
}

interface Shown {
  job: Awaited<ReturnType<typeof getJob>>['job'];
  view: ImportView;
  attempts: AttemptRow[];
}

async function readImport(ctx: Ctx, c: Context<SiteEnv>): Promise<Shown> {
  const { workspaceId } = sessionOf(c).principal;
  const jobId = c.req.param('id') ?? '';
  // Attempts of a job of another workspace are dropped, because getJob throws.
  const [details, attempts] = await Promise.all([
    getJob(ctx, { workspaceId, jobId }),
    listAttempts(ctx, jobId),
  ]);
  return { job: details.job, view: await toImportView(ctx, details), attempts };
}

async function showImport(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { principal } = sessionOf(c);
  const canChange = principal.scopes.includes('imports:write');
  const [shown, destinations] = await Promise.all([
    readImport(ctx, c),
    canChange ? listDestinations(ctx, principal.workspaceId) : [],
  ]);
  const { job, view, attempts } = shown;
  if (view.status === 'completed' && view.mediaUrl !== null)
    c.set('mediaOrigins', [new URL(view.mediaUrl).origin]);
  const title = view.status === 'completed' ? view.title : shortUrl(job.request.url);
  const body = (
    <>
      <PageHeader
        up={{ href: IMPORTS_PATH, label: 'Imports' }}
        title={title}
        lead={<span class="breaks">{job.request.url}</span>}
      >
        <ImportState status={view.status} />
        {canChange && <Actions view={view} />}
      </PageHeader>
      <div class="stack">
        <Ending view={view} />
        <LivePart view={view} attempts={attempts} now={ctx.now()} />
        {view.status === 'completed' && <FilePart view={view} />}
        <AttemptList attempts={attempts} />
        {view.status === 'completed' && destinations.length > 0 && (
          <StoreForm jobId={view.jobId} destinations={destinations.map(({ name }) => name)} />
        )}
        <RequestPart shown={shown} publicUrl={ctx.config.PUBLIC_URL} />
      </div>
    </>
  );
  return showPage(c, { title, body });
}

/** The first line of an import that failed says what to do. */
const Ending: FC<{ view: ImportView }> = ({ view }) => {
  if (view.status === 'failed')
    return (
      <Note tone="bad" role="status">
        <strong>{view.error.message}</strong>
        <span>
          {view.error.hint} <a href={`/docs/troubleshooting#${view.error.code}`}>More about it</a>
        </span>
      </Note>
    );
  return view.status === 'canceled' ? <Note tone="warn">{view.message}</Note> : null;
};

const RequestPart: FC<{ shown: Shown; publicUrl: string }> = ({ shown: { job, view }, publicUrl }) => (
  <Card title="Request" lead={`Import ${job.id}`}>
    <div class="stack">
      <Definitions
        rows={[
          ['Created', <Time at={view.createdAt} />],
          ['Ended', 'finishedAt' in view ? <Time at={view.finishedAt} /> : null],
          ['Repeats', job.retryOf && <a href={pathOfImport(job.retryOf)}>an earlier import</a>],
          ['Stores the file of', job.storeOf && <a href={pathOfImport(job.storeOf)}>another import</a>],
        ]}
      />
      {job.kind === 'import' && (
        <CodeBlock id="curl" text={toCurl(publicUrl, job.request)} label="The request for curl" />
      )}
    </div>
  </Card>
);
