/** The last imports of a workspace. */
import type { FC } from 'hono/jsx';
import type { ImportSummary } from '../../../contract/api/import-list.ts';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { formatBytes } from '../../components/format.ts';
import { ImportState } from '../../components/import-state.tsx';
import { EmptyState, Table } from '../../components/table.tsx';
import { Ago } from '../../components/time.tsx';

const PATH = '/dashboard/imports';

interface RecentImportsProps {
  imports: readonly ImportSummary[];
  now: number;
  apiUrl: string;
}

export const RecentImports: FC<RecentImportsProps> = ({ imports, now, apiUrl }) => {
  if (imports.length === 0) return <NoImports apiUrl={apiUrl} />;
  return (
    <Card flush title="Recent imports" actions={<ButtonLink href={PATH}>All imports</ButtonLink>}>
      <Table
        caption="Recent imports"
        rows={imports}
        columns={[
          { label: 'Source', cell: (row) => <Source row={row} /> },
          { label: 'State', cell: ({ status }) => <ImportState status={status} /> },
          { label: 'Size', end: true, cell: sizeOf },
          { label: 'Started', end: true, cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
        ]}
      />
    </Card>
  );
};

/** Of a failed import, what to do about it. */
const Source: FC<{ row: ImportSummary }> = ({ row: { jobId, status, title, url, error } }) => (
  <div>
    <a href={`${PATH}/${jobId}`}>{title ?? url}</a>
    {status === 'failed' && error && <p class="soft small">{error.hint ?? error.message}</p>}
  </div>
);

function sizeOf({ status, percent, bytesTotal, bytesDone }: ImportSummary): string {
  if (status === 'processing' && percent !== null) return `${percent} %`;
  const bytes = bytesTotal ?? bytesDone;
  return bytes > 0 ? formatBytes(bytes) : '–';
}

const NoImports: FC<{ apiUrl: string }> = ({ apiUrl }) => (
  <Card title="Recent imports">
    <div class="stack">
      <EmptyState
        title="No imports yet"
        actions={<ButtonLink href={`${PATH}/new`}>Start an import</ButtonLink>}
      >
        Give us a URL, and the file arrives in your bucket. You can watch it here.
      </EmptyState>
      <p class="soft">
        Or send the same request from your own program, as the <a href="/docs/using-the-api">guide</a>{' '}
        describes:
      </p>
      <CodeBlock id="first-import" label="A first import with curl" text={curlFor(apiUrl)} />
    </div>
  </Card>
);

/** The request of the guide, with a file that every installation has. */
function curlFor(apiUrl: string): string {
  return [
    `curl -X POST ${apiUrl}/import \\`,
    '  -H "Authorization: Bearer YOUR_API_KEY" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '{"url": "https://example.com/video.mp4", "store": true}'`,
  ].join('\n');
}
