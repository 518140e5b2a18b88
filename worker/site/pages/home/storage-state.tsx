/** Where imports go, in one line. */
import type { FC } from 'hono/jsx';
import type { DestinationView } from '../../../contract/api/storage/destination-view.ts';
import { Badge } from '../../components/badge.tsx';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Definitions } from '../../components/definitions.tsx';

/** `view` is the default destination; null without one. */
export const StorageState: FC<{ view: DestinationView | null; others: number }> = ({ view, others }) => (
  <Card
    title="S3 Storage"
    actions={<ButtonLink href="/dashboard/storage">{view ? 'Change' : 'Set up'}</ButtonLink>}
  >
    {view ? (
      <Definitions
        rows={[
          ['Bucket', <code>{view.bucket}</code>],
          ['Provider', `${view.provider}, ${view.region}`],
          ['State', <State view={view} />],
          ['Further destinations', others === 0 ? null : String(others)],
        ]}
      />
    ) : (
      <p class="soft">No bucket is set up, so files go to our storage.</p>
    )}
  </Card>
);

const State: FC<{ view: DestinationView }> = ({ view: { credentials, learned } }) => {
  if (credentials === 'unreadable') return <Badge tone="bad" word="Keys must be entered again" />;
  // A region is learned from the first object that the bucket accepted.
  return learned?.regions ? (
    <Badge tone="good" word="Works" />
  ) : (
    <Badge tone="warn" word="Not confirmed yet" />
  );
};
