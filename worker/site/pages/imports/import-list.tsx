/** The list of imports. */
import type { FC } from 'hono/jsx';
import type { ImportList, ImportSummary } from '../../../contract/api/import-list.ts';
import { isTerminal } from '../../../contract/job.ts';
import { ButtonLink } from '../../components/button.tsx';
import { ProgressBar } from '../../components/charts.tsx';
import { formatBytes } from '../../components/format.ts';
import { ImportState } from '../../components/import-state.tsx';
import { LiveList } from '../../components/live-list.tsx';
import { EmptyState, Pagination, Table, type Column } from '../../components/table.tsx';
import { Ago } from '../../components/time.tsx';
import { NEW_PATH, pathOfImport } from './paths.ts';
import { shortUrl, STAGE } from './words.ts';

interface ImportTableProps {
  list: ImportList;
  now: number;
  /** The URL of this page of the list, with its filters. */
  href: string;
  /** The URL of the next page without its cursor. Null for a list that has one page. */
  more: { first: string | null; next: string | null } | null;
  isFiltered: boolean;
  canImport: boolean;
}

/** A table, or what to do when there is nothing. */
export const ImportTable: FC<ImportTableProps> = ({ list, now, href, more, isFiltered, canImport }) => {
  const isRunning = list.imports.some(({ status }) => !isTerminal(status));
  if (list.imports.length === 0 && list.nextCursor === null)
    return <NoImports isFiltered={isFiltered} canImport={canImport} />;
  return (
    <LiveList id="imports" href={href} isRunning={isRunning}>
      <Table caption="Imports" columns={columns(now)} rows={list.imports} />
      {more && <Pagination {...more} />}
    </LiveList>
  );
};

function columns(now: number): readonly Column<ImportSummary>[] {
  return [
    {
      label: 'Media',
      cell: ({ jobId, title, url }) => (
        <a class="two-lines" href={pathOfImport(jobId)}>
          <strong>{title ?? shortUrl(url)}</strong>
          {title !== null && <span class="soft small">{shortUrl(url)}</span>}
        </a>
      ),
    },
    { label: 'State', cell: (row) => <State row={row} /> },
    {
      label: 'Size',
      end: true,
      cell: ({ bytesTotal, status }) =>
        bytesTotal === null || status === 'failed' ? '–' : formatBytes(bytesTotal),
    },
    { label: 'Created', end: true, cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
  ];
}

/** A failed import says here why. */
const State: FC<{ row: ImportSummary }> = ({ row: { status, stage, percent, error } }) => (
  <div class="stack tight">
    <span>
      <ImportState status={status} />
    </span>
    {status === 'processing' && (
      <>
        <ProgressBar percent={percent} label="Progress" />
        <span class="soft small">
          {STAGE[stage ?? 'resolving']}
          {percent !== null && `, ${percent} %`}
        </span>
      </>
    )}
    {status === 'failed' && error && <span class="small">{error.message}</span>}
    {status === 'queued' && error && <span class="small">Tries again after: {error.message}</span>}
  </div>
);

const NoImports: FC<{ isFiltered: boolean; canImport: boolean }> = ({ isFiltered, canImport }) => (
  <div id="imports">
    {isFiltered ? (
      <EmptyState title="No import matches">Remove a filter, or search for other words.</EmptyState>
    ) : (
      <EmptyState
        title="No imports yet"
        actions={
          canImport && (
            <ButtonLink kind="primary" href={NEW_PATH}>
              Import a file
            </ButtonLink>
          )
        }
      >
        Paste the URL of a video, a song, a picture or a page, and watch it arrive in your bucket.
      </EmptyState>
    )}
  </div>
);
