/** All destinations of the workspace. */
import type { FC } from 'hono/jsx';
import type { DestinationView } from '../../../contract/api/storage/destination-view.ts';
import { Badge } from '../../components/badge.tsx';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Table } from '../../components/table.tsx';
import { pathOf } from './paths.ts';

export const DestinationList: FC<{ views: readonly DestinationView[] }> = ({ views }) => (
  <Card
    flush
    title="Destinations"
    lead='Further buckets with keys of their own. Imports choose one with "storageDestination".'
    actions={<ButtonLink href="/dashboard/storage/new">Add a destination</ButtonLink>}
  >
    <Table
      caption="Destinations"
      rows={views}
      columns={[
        { label: 'Name', cell: (view) => <a href={pathOf(view)}>{view.name}</a> },
        { label: 'Bucket', cell: ({ bucket }) => <code>{bucket}</code> },
        { label: 'Provider', cell: ({ provider }) => provider },
        { label: 'Region', cell: ({ region }) => region },
        { label: 'State', cell: (view) => <DestinationState view={view} /> },
      ]}
    />
  </Card>
);

export const DestinationState: FC<{ view: DestinationView }> = ({ view: { credentials, isDefault } }) => {
  if (credentials === 'unreadable') return <Badge tone="bad" word="Keys are missing" />;
  return isDefault ? <Badge tone="good" word="Default" /> : <Badge word="Named" />;
};
