/** Usage by reason of failure, and by other groups. */
import type { FC } from 'hono/jsx';
import { hintAfterRetries } from '../../../contract/code-entry.ts';
import type { Usage } from '../../../contract/api/usage.ts';
import { CODES, type Code } from '../../../contract/codes.ts';
import { Card } from '../../components/card.tsx';
import { formatBytes, formatCount } from '../../components/format.ts';
import { Table } from '../../components/table.tsx';

type Row = Usage['rows'][number];

/** Rows of a group that are shown; the CSV has all of them. */
const MOST_ROWS = 20;

/** The most frequent reason first. Null when nothing failed. */
export const Failures: FC<{ failures: Usage['total']['failures'] }> = ({ failures }) => {
  const rows = (Object.entries(failures) as [Code, number][]).toSorted((a, b) => b[1] - a[1]);
  if (rows.length === 0) return null;
  return (
    <Card title="Why imports failed" flush>
      <Table
        caption="Failures by reason"
        rows={rows}
        columns={[
          {
            label: 'Reason',
            cell: ([code]) => (
              <span class="stack tight">
                <strong>{CODES[code].message}</strong>
                <span class="soft small">{hintAfterRetries(CODES[code].hint)}</span>
              </span>
            ),
          },
          { label: 'Imports', end: true, cell: ([, count]) => formatCount(count) },
        ]}
      />
    </Card>
  );
};

/** The largest group first. */
export const Groups: FC<{ title: string; rows: readonly Row[]; nameOf: (row: Row) => string }> = ({
  title,
  rows,
  nameOf,
}) => (
  <Card title={title} flush>
    <Table
      caption={title}
      rows={rows.toSorted((a, b) => b.jobs - a.jobs).slice(0, MOST_ROWS)}
      columns={[
        { label: title, cell: (row) => <strong>{nameOf(row)}</strong> },
        { label: 'Completed', end: true, cell: ({ completed }) => formatCount(completed) },
        { label: 'Failed', end: true, cell: ({ failed }) => formatCount(failed) },
        { label: 'Bytes', end: true, cell: ({ bytes }) => formatBytes(bytes) },
        { label: 'Cost', end: true, cell: ({ costInDollars }) => `$${costInDollars.toFixed(2)}` },
      ]}
    />
  </Card>
);
