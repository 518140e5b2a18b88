/** What can be done with a batch. */
import type { FC } from 'hono/jsx';
import type { BatchView } from '../../../contract/api/batches/batch-view.ts';
import { SubmitButton } from '../../components/button.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { pathOfBatch } from './paths.ts';
import { isRunning } from './words.tsx';

export const CANCEL = { title: 'Cancel this batch?', confirm: 'Cancel the batch' } as const;

/** What becomes of the imports. */
export const CancelEffects = () => (
  <p>
    Imports that wait are canceled now, and running ones within a minute. What was imported stays where it is.
  </p>
);

/** The buttons beside the title. `formId` makes the form count once. */
export const BatchButtons: FC<{ batch: BatchView; formId: string }> = ({ batch, formId }) => {
  const path = pathOfBatch(batch.batchId);
  if (isRunning(batch))
    return (
      <ConfirmButton id="cancel" href={`${path}/cancel`} open="Cancel" {...CANCEL}>
        <CancelEffects />
      </ConfirmButton>
    );
  if (batch.counts.failed === 0 && batch.status !== 'failed') return null;
  return (
    <form method="post" action={`${path}/retry`}>
      <input type="hidden" name="formId" value={formId} />
      <SubmitButton kind="primary">
        {batch.status === 'failed' ? 'Read the playlist again' : 'Import what failed again'}
      </SubmitButton>
    </form>
  );
};
