/** The form of a new batch. */
import type { FC } from 'hono/jsx';
import { MAX_BATCH_ITEMS } from '../../../contract/api/batches/batch-request.ts';
import { ButtonLink, SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Disclosure, SelectField, TextField } from '../../components/field.tsx';
import { formatCount } from '../../components/format.ts';
import { FormProblem } from '../../components/note.tsx';
import { ImportOptionFields, type ImportOptionsProps } from '../imports/import-options.tsx';
import { LABELS, PLAYLIST } from './batch-input.ts';
import { BATCHES_PATH, NEW_BATCH_PATH } from './paths.ts';

interface BatchFormProps extends ImportOptionsProps {
  /** Makes the form count once, however often it is sent. */
  formId: string;
}

export const BatchForm: FC<BatchFormProps> = (props) => {
  const { typed, problems, formId } = props;
  return (
    <form method="post" action={NEW_BATCH_PATH}>
      <input type="hidden" name="formId" value={formId} />
      <Card
        foot={
          <>
            <SubmitButton kind="primary">Start the batch</SubmitButton>
            <ButtonLink href={BATCHES_PATH}>Cancel</ButtonLink>
          </>
        }
      >
        <div class="stack wide">
          <FormProblem problems={problems} />
          <SelectField
            name="source"
            label="What to import"
            value={typed['source']}
            options={[
              ['', 'A list of URLs'],
              [PLAYLIST, 'The entries of a playlist, a channel or a feed'],
            ]}
          />
          <TextField
            name="urls"
            label={LABELS.urls}
            value={typed['urls']}
            error={problems['urls']}
            rows={8}
            code
            autofocus
            placeholder={'https://example.com/1.mp4\nhttps://example.com/2.mp4'}
            hint={`One on each line, up to ${formatCount(MAX_BATCH_ITEMS)}. For a playlist, its one URL.`}
          />
          <PlaylistFields {...props} />
          <ImportOptionFields {...props} webhookLabel={LABELS.webhookUrl} />
          <TextField
            name="batchWebhookUrl"
            label={LABELS.batchWebhookUrl}
            value={typed['batchWebhookUrl']}
            error={problems['batchWebhookUrl']}
            type="url"
            code
            optional
            placeholder="https://example.com/hook"
            hint="Receives one request, when the whole batch has ended."
          />
        </div>
      </Card>
    </form>
  );
};

const FILTERS = ['maxEntries', 'title', 'uploadedFrom', 'uploadedTo'] as const;

const PlaylistFields: FC<BatchFormProps> = ({ typed, problems }) => {
  const field = (name: (typeof FILTERS)[number]) => ({
    name,
    label: LABELS[name],
    value: typed[name],
    error: problems[name],
  });
  const isOpen = typed['source'] === PLAYLIST || FILTERS.some((name) => problems[name]);
  return (
    <Disclosure label="Which entries of a playlist" open={isOpen}>
      <div class="fields">
        <TextField {...field('maxEntries')} type="number" optional placeholder="100" />
        <TextField {...field('title')} optional />
        <TextField {...field('uploadedFrom')} type="date" optional />
        <TextField {...field('uploadedTo')} type="date" optional />
      </div>
    </Disclosure>
  );
};
