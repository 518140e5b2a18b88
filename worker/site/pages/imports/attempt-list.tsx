/** The attempts of an import, each with its failure in words. */
import type { FC } from 'hono/jsx';
import { failure, toPublicFailure } from '../../../contract/failure.ts';
import type { AttemptRow } from '../../../jobs/imports/list-attempts.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { formatDuration } from '../../components/format.ts';
import { Table } from '../../components/table.tsx';
import { Time } from '../../components/time.tsx';
import { OUTCOME } from './words.ts';

/** Null before the first attempt. */
export const AttemptList: FC<{ attempts: readonly AttemptRow[] }> = ({ attempts }) =>
  attempts.length === 0 ? null : (
    <Card title="Attempts" flush>
      <Table
        caption="Attempts"
        rows={attempts}
        columns={[
          { label: 'Attempt', cell: ({ attempt }) => <strong>{attempt}</strong> },
          { label: 'Began', cell: ({ claimedAt }) => <Time at={claimedAt} /> },
          { label: 'Result', cell: (row) => <Result row={row} /> },
          {
            label: 'Took',
            end: true,
            cell: ({ claimedAt, endedAt }) => (endedAt === null ? '–' : formatDuration(endedAt - claimedAt)),
          },
        ]}
      />
    </Card>
  );

const Result: FC<{ row: AttemptRow }> = ({ row: { outcome, errorCode, errorDetail } }) => {
  const error = errorCode === null ? null : toPublicFailure(failure(errorCode, errorDetail ?? undefined));
  return (
    <div class="stack tight">
      <span>{outcome === null ? <Badge tone="busy" word="Running" /> : <Badge {...OUTCOME[outcome]} />}</span>
      {error && (
        <>
          <span>{error.message}</span>
          <span class="soft small">{error.hint}</span>
        </>
      )}
    </div>
  );
};
