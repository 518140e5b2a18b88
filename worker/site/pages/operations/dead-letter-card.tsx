/** Messages that a queue gave up on. */
import type { FC } from 'hono/jsx';
import type { DeadLetter } from '../../../doorbell/replay-dead-letters.ts';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { formatCount } from '../../components/format.ts';
import { EmptyState, Table } from '../../components/table.tsx';
import { Ago } from '../../components/time.tsx';
import { REPLAY_PATH } from './paths.ts';

interface DeadLetterCardProps {
  letters: readonly DeadLetter[];
  total: number;
  now: number;
}

export const DeadLetterCard: FC<DeadLetterCardProps> = ({ letters, total, now }) => (
  <Card
    title="Dead letters"
    lead="Messages that failed several times. Each says only that there is work, and a sweep finds work within a minute."
    flush
    actions={
      letters.length > 1 && (
        <form method="post" action={REPLAY_PATH}>
          <SubmitButton>Send {letters.length} again</SubmitButton>
        </form>
      )
    }
  >
    {letters.length === 0 ? (
      <EmptyState title="No dead letters">Every message was processed.</EmptyState>
    ) : (
      <Table
        caption={`The last ${letters.length} of ${formatCount(total)} dead letters`}
        rows={letters}
        columns={[
          { label: 'Message', cell: ({ body }) => <code class="breaks">{body}</code> },
          { label: 'Attempts', cell: ({ attempts }) => formatCount(attempts) },
          { label: 'Given up', cell: ({ receivedAt }) => <Ago at={receivedAt} now={now} /> },
          {
            label: '',
            end: true,
            cell: ({ id }) => (
              <form method="post" action={REPLAY_PATH}>
                <SubmitButton small name="id" value={id}>
                  Send again
                </SubmitButton>
              </form>
            ),
          },
        ]}
      />
    )}
  </Card>
);
