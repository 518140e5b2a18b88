/** The log of an endpoint. */
import type { FC } from 'hono/jsx';
import type { DeliveryView } from '../../../contract/api/webhooks/delivery-view.ts';
import { Badge } from '../../components/badge.tsx';
import { EmptyState, Pagination, Table } from '../../components/table.tsx';
import { Ago } from '../../components/time.tsx';

export const DELIVERY_STATES = {
  waiting: { word: 'Waiting', tone: 'warn' },
  sending: { word: 'Sending', tone: 'busy' },
  delivered: { word: 'Delivered', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
} as const;

interface DeliveryTableProps {
  deliveries: readonly DeliveryView[];
  /** Of the endpoint. */
  path: string;
  now: number;
  /** The next page. */
  next: string | null;
}

export const DeliveryTable: FC<DeliveryTableProps> = ({ deliveries, path, now, next }) =>
  deliveries.length === 0 ? (
    <EmptyState title="Nothing was sent yet">Send a test event to see what your server answers.</EmptyState>
  ) : (
    <>
      <Table
        caption="Deliveries"
        rows={deliveries}
        columns={[
          {
            label: 'Event',
            cell: ({ id, type }) => <a href={`${path}/deliveries/${id}`}>{type}</a>,
          },
          { label: 'State', cell: ({ status }) => <Badge {...DELIVERY_STATES[status]} /> },
          { label: 'Answer', cell: ({ lastAttempt }) => answerOf(lastAttempt) },
          { label: 'Attempts', end: true, cell: ({ attempts }) => String(attempts) },
          { label: 'Happened', end: true, cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
        ]}
      />
      <Pagination first={null} next={next} />
    </>
  );

/** The status, or why there is none. */
export function answerOf(attempt: DeliveryView['lastAttempt']): string {
  if (attempt === null) return '–';
  return attempt.answer === null
    ? (attempt.error ?? '–').replaceAll('_', ' ')
    : String(attempt.answer.status);
}
