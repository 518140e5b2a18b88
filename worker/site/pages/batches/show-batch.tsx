/** `/dashboard/batches/{id}`: how far a batch is, and the state of each of its imports. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import { findBatch } from '../../../batches/find-batch.ts';
import { BatchItemQuery, type BatchView } from '../../../contract/api/batches/batch-view.ts';
import type { Ctx } from '../../../context.ts';
import { JobStatus } from '../../../contract/job.ts';
import { toInvalidRequest } from '../../../http/invalid-request.ts';
import { readItemPage } from '../../../routes/batches/lists.ts';
import { toBatchView } from '../../../views/batch-view.ts';
import { Card } from '../../components/card.tsx';
import { Definitions } from '../../components/definitions.tsx';
import { formatCount } from '../../components/format.ts';
import { Note } from '../../components/note.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Time } from '../../components/time.tsx';
import { showPage } from '../../layout/show-page.tsx';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { ImportTable } from '../imports/import-list.tsx';
import { BatchButtons } from './batch-buttons.tsx';
import { itemsHref, LivePart } from './live-part.tsx';
import { BATCHES_PATH, pathOfBatch } from './paths.ts';
import { BatchState, isRunning, titleOf } from './words.tsx';

/** The pages, for the site's app to mount. */
export function singleBatchPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.get(`${BATCHES_PATH}/:id`, (c) => showBatch(ctx, c));
  app.get(`${BATCHES_PATH}/:id/live`, async (c) => {
    const batch = toBatchView(await findBatch(ctx, refOf(c)));
    // The page of an ended batch has other buttons.
    if (!isRunning(batch)) c.header('HX-Refresh', 'true');
    return c.html(<LivePart batch={batch} status={statusOf(c)} />);
  });
  return app;
}

function refOf(c: Context<SiteEnv>) {
  return { workspaceId: sessionOf(c).principal.workspaceId, batchId: c.req.param('id') ?? '' };
}

/** The state that the address asks for; undefined unless it is one. */
function statusOf(c: Context<SiteEnv>): JobStatus | undefined {
  return JobStatus.safeParse(c.req.query('status')).data;
}

async function showBatch(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const ref = refOf(c);
  const status = statusOf(c);
  const cursor = c.req.query('cursor');
  const canChange = sessionOf(c).principal.scopes.includes('imports:write');
  const query = BatchItemQuery.safeParse({ status, cursor });
  if (!query.success) throw toInvalidRequest(query.error);
  const [found, { items, nextCursor }] = await Promise.all([
    findBatch(ctx, ref),
    readItemPage(ctx, ref, query.data),
  ]);
  const batch = toBatchView(found);
  const path = pathOfBatch(batch.batchId);
  const title = titleOf(batch);
  const body = (
    <>
      <PageHeader
        up={{ href: BATCHES_PATH, label: 'Batches' }}
        title={title}
        lead={batch.playlist && <span class="breaks">{batch.playlist.url}</span>}
      >
        <BatchState batch={batch} />
        {canChange && <BatchButtons batch={batch} formId={ctx.newId()} />}
      </PageHeader>
      <div class="stack">
        <Ending batch={batch} />
        <LivePart batch={batch} status={status} />
        {batch.total > 0 && (
          <Card flush>
            <ImportTable
              list={{ imports: items, nextCursor }}
              now={ctx.now()}
              href={itemsHref(path, status, cursor)}
              more={{
                first: cursor === undefined ? null : itemsHref(path, status),
                next: nextCursor === null ? null : itemsHref(path, status, nextCursor),
              }}
              isFiltered
              canImport={canChange}
            />
          </Card>
        )}
        <Facts batch={batch} />
      </div>
    </>
  );
  return showPage(c, { title, body });
}

/** What a batch that did not end well says first. */
const Ending: FC<{ batch: BatchView }> = ({ batch: { status, error, counts, message } }) => {
  if (error)
    return (
      <Note tone="bad" role="status">
        <strong>{error.message}</strong>
        <span>{error.hint}</span>
      </Note>
    );
  if (status === 'canceled') return <Note tone="warn">{message}</Note>;
  return status === 'completed' && counts.failed > 0 ? (
    <Note tone="warn" role="status">
      <strong>
        {formatCount(counts.failed)} {counts.failed === 1 ? 'import' : 'imports'} failed.
      </strong>
      <span>The page of each says why. When the causes are gone, import what failed again.</span>
    </Note>
  ) : null;
};

const Facts: FC<{ batch: BatchView }> = ({
  batch: { batchId, createdAt, finishedAt, playlist, retryOf },
}) => (
  <Card title="Details" lead={`Batch ${batchId}`}>
    <Definitions
      rows={[
        ['Created', <Time at={createdAt} />],
        ['Ended', finishedAt && <Time at={finishedAt} />],
        ['Entries of the playlist', playlist && playlist.entriesFound],
        ['At most', playlist && `${formatCount(playlist.maxEntries)} entries`],
        ['Uploaded from', playlist?.uploadedFrom],
        ['Uploaded until', playlist?.uploadedTo],
        ['Repeats what failed in', retryOf && <a href={pathOfBatch(retryOf)}>an earlier batch</a>],
      ]}
    />
  </Card>
);
