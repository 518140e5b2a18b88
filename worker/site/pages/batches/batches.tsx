/** `/dashboard/batches`: the list of batches, a form for a new one, and a page for each. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { z } from 'zod';
import { BatchListQuery, type BatchList } from '../../../contract/api/batches/batch-view.ts';
import type { Ctx } from '../../../context.ts';
import { toInvalidRequest } from '../../../http/invalid-request.ts';
import { readBatchPage } from '../../../routes/batches/lists.ts';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { LiveList } from '../../components/live-list.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { EmptyState, Pagination, Table } from '../../components/table.tsx';
import { Ago } from '../../components/time.tsx';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { batchActions } from './batch-actions.tsx';
import { Progress } from './live-part.tsx';
import { newBatchPages } from './new-batch.tsx';
import { BATCHES_PATH, NEW_BATCH_PATH, pathOfBatch } from './paths.ts';
import { singleBatchPages } from './show-batch.tsx';
import { BatchState, isRunning, titleOf } from './words.tsx';

/** The pages, for the site's app to mount. */
export function batchPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.use(BATCHES_PATH, requireUserScope('imports:read'));
  app.use(`${BATCHES_PATH}/*`, requireUserScope('imports:read'));
  app.get(BATCHES_PATH, (c) => showList(ctx, c));
  app.route('/', newBatchPages(ctx));
  app.route('/', singleBatchPages(ctx));
  app.route('/', batchActions(ctx));
  return app;
}

async function showList(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { principal } = sessionOf(c);
  const cursor = c.req.query('cursor');
  const query = BatchListQuery.safeParse({ cursor });
  if (!query.success) throw toInvalidRequest(query.error);
  const list = await readBatchPage(ctx, principal.workspaceId, query.data);
  const canImport = principal.scopes.includes('imports:write');
  const href = cursor === undefined ? BATCHES_PATH : hrefOf(cursor);
  const body = (
    <>
      <PageHeader
        title="Batches"
        lead="Many imports that were started together, the newest first."
        guide="/docs/batches"
      >
        {canImport && (
          <ButtonLink kind="primary" href={NEW_BATCH_PATH}>
            New batch
          </ButtonLink>
        )}
      </PageHeader>
      <Card flush>
        {list.batches.length === 0 ? (
          <NoBatches canImport={canImport} />
        ) : (
          <BatchTable list={list} now={ctx.now()} href={href} isFirst={cursor === undefined} />
        )}
      </Card>
    </>
  );
  return showPage(c, { title: 'Batches', body });
}

function hrefOf(cursor: string): string {
  return `${BATCHES_PATH}?${new URLSearchParams({ cursor }).toString()}`;
}

interface BatchTableProps {
  list: z.infer<typeof BatchList>;
  now: number;
  /** The URL of this page of the list. */
  href: string;
  isFirst: boolean;
}

const BatchTable: FC<BatchTableProps> = ({ list: { batches, nextCursor }, now, href, isFirst }) => {
  return (
    <LiveList id="batches" href={href} isRunning={batches.some(isRunning)}>
      <Table
        caption="Batches"
        rows={batches}
        columns={[
          {
            label: 'Batch',
            cell: (batch) => (
              <a class="two-lines" href={pathOfBatch(batch.batchId)}>
                <strong>{titleOf(batch)}</strong>
                {batch.playlist && <span class="soft small breaks">{batch.playlist.url}</span>}
              </a>
            ),
          },
          { label: 'State', cell: (batch) => <BatchState batch={batch} /> },
          { label: 'Imports', cell: (batch) => <Progress batch={batch} /> },
          { label: 'Created', end: true, cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
        ]}
      />
      <Pagination
        first={isFirst ? null : BATCHES_PATH}
        next={nextCursor === null ? null : hrefOf(nextCursor)}
      />
    </LiveList>
  );
};

const NoBatches: FC<{ canImport: boolean }> = ({ canImport }) => (
  <EmptyState
    title="No batches yet"
    actions={
      canImport && (
        <ButtonLink kind="primary" href={NEW_BATCH_PATH}>
          Start a batch
        </ButtonLink>
      )
    }
  >
    Paste many URLs, or the URL of a playlist or a channel, and import everything at once.
  </EmptyState>
);
