/** What can be done with an import. */
import type { FC } from 'hono/jsx';
import type { ImportView } from '../../../contract/api/import-view.ts';
import { isTerminal } from '../../../contract/job.ts';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { SelectField } from '../../components/field.tsx';
import { pathOfImport } from './paths.ts';

export const DELETE_TITLE = 'Delete this import?';

/** What a deletion removes. */
export const DeletionEffects = () => (
  <p>
    The import, its URL and its file in our storage are deleted for good. A file in your own bucket stays
    there, and its cost stays in your usage.
  </p>
);

/** The buttons beside the title. */
export const Actions: FC<{ view: ImportView }> = ({ view }) => {
  const path = pathOfImport(view.jobId);
  if (!isTerminal(view.status))
    return (
      <form method="post" action={`${path}/cancel`}>
        <SubmitButton kind="danger">Cancel</SubmitButton>
      </form>
    );
  if (view.storeOf !== undefined) return null;
  return (
    <>
      <form method="post" action={`${path}/retry`}>
        <SubmitButton kind={view.status === 'failed' ? 'primary' : undefined}>
          {view.status === 'completed' ? 'Import again' : 'Try again'}
        </SubmitButton>
      </form>
      <ConfirmButton
        id="delete"
        href={`${path}/delete`}
        title={DELETE_TITLE}
        open="Delete"
        confirm="Delete the import"
      >
        <DeletionEffects />
      </ConfirmButton>
    </>
  );
};

/** Copies the file to a further bucket. */
export const StoreForm: FC<{ jobId: string; destinations: readonly string[] }> = ({
  jobId,
  destinations,
}) => (
  <form method="post" action={`${pathOfImport(jobId)}/store`}>
    <Card
      title="Store elsewhere"
      lead="Copies the file to a bucket. It is free, and the source is not read again."
      foot={<SubmitButton>Store the file</SubmitButton>}
    >
      <SelectField
        name="storageDestination"
        label="Destination"
        options={destinations.map((name) => [name, name] as const)}
      />
    </Card>
  </form>
);
