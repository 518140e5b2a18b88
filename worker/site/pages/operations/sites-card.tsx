/** How imports of the last day ended, by site, in all workspaces together. */
import type { FC } from 'hono/jsx';
import { CODES } from '../../../contract/codes.ts';
import type { SiteView } from '../../../contract/api/sites.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { formatCount } from '../../components/format.ts';
import type { Tone } from '../../components/note.tsx';
import { EmptyState, Table } from '../../components/table.tsx';

export const SitesCard: FC<{ sites: readonly SiteView[] }> = ({ sites }) => (
  <Card
    title="Sites"
    lead="How imports of the last day ended, in all workspaces. Failures of a bucket or a downloader are not counted."
    flush
  >
    {sites.length === 0 ? (
      <EmptyState title="No import ended in the last day">
        The success rate of each site appears here.
      </EmptyState>
    ) : (
      <Table
        caption="Success rate by site"
        rows={sites}
        columns={[
          { label: 'Site', cell: ({ host }) => <strong>{host}</strong> },
          { label: 'Success', cell: ({ successRate }) => <Rate rate={successRate ?? 0} /> },
          {
            label: 'Most frequent failure',
            cell: ({ failed: [first] }) => (first ? failureText(first) : '–'),
          },
          { label: 'Imports', end: true, cell: ({ imports }) => formatCount(imports) },
        ]}
      />
    )}
  </Card>
);

function failureText({ code, imports }: SiteView['failed'][number]): string {
  return `${CODES[code].message} (${formatCount(imports)})`;
}

const Rate: FC<{ rate: number }> = ({ rate }) => (
  <Badge tone={toneOf(rate)} word={`${Math.floor(rate * 100)} %`} />
);

function toneOf(rate: number): Tone {
  if (rate >= 0.9) return 'good';
  return rate >= 0.5 ? 'warn' : 'bad';
}
