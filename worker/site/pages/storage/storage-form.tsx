/** The form of a destination: the seven fields of the guide, with its names in its order, and the rest behind "Advanced". */
import type { Child, FC } from 'hono/jsx';
import type { DestinationView } from '../../../contract/api/storage/destination-view.ts';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CheckField, TextField } from '../../components/field.tsx';
import { Note } from '../../components/note.tsx';
import type { Problems, Typed } from '../../forms.ts';
import { AdvancedFields } from './advanced-fields.tsx';
import { makeFieldOf, type FieldOf } from './field-of.ts';
import { ClassSuggestions, ProviderChoice } from './provider-choice.tsx';
import { endpointIn, findProvider } from './providers.ts';

export interface StorageFormProps {
  /** The path of the destination; its buttons post below it. */
  action: string;
  typed: Typed;
  problems: Problems;
  /** The saved settings; null before they are saved for the first time. */
  saved: DestinationView | null;
  /** Whether the destination gets its name here. */
  isNew?: boolean;
  /** The result of Test Connection, where it is part of the page. */
  children?: Child;
}

export const StorageForm: FC<StorageFormProps> = (props) => {
  const { action, typed, problems, saved, isNew = false, children } = props;
  const field = makeFieldOf(props);
  const isNamed = isNew || saved?.isDefault === false;
  return (
    <form method="post" action={action} class="stack" data-storage>
      <Card
        foot={
          <>
            <SubmitButton formaction={`${action}/test#connection`} data-test="connection">
              Test Connection
            </SubmitButton>
            <SubmitButton kind="primary">Save Configuration</SubmitButton>
            <span class="hint">The test saves nothing.</span>
          </>
        }
      >
        <div class="form">
          {problems['form'] && <Note tone="bad">{problems['form']}</Note>}
          {isNew && (
            <TextField
              {...field('name')}
              code
              placeholder="archive"
              hint='Imports choose it with "storageDestination".'
            />
          )}
          <MainFields {...props} field={field} />
          {isNamed && (
            <CheckField
              name="isDefault"
              label="Use it for imports that name no destination"
              checked={typed['isDefault'] === 'on'}
              error={problems['isDefault']}
            />
          )}
          <AdvancedFields field={field} problems={problems} />
        </div>
      </Card>
      <section id="connection" aria-live="polite" hidden={children === undefined}>
        <Card title="Connection">{children ?? <ol class="steps compact" data-checks></ol>}</Card>
      </section>
    </form>
  );
};

const MainFields: FC<StorageFormProps & { field: FieldOf }> = ({ action, typed, saved, field }) => {
  const profile = findProvider(typed['provider'] ?? saved?.provider);
  const lastFour = saved?.accessKeyIdLastFour;
  const keep = lastFour === undefined ? undefined : `••••${lastFour}`;
  return (
    <>
      <ProviderChoice chosen={profile} action={action} />
      <div class="fields">
        <TextField
          {...field('accessKeyId')}
          code
          placeholder={keep ?? 'AKIAIOSFODNN7EXAMPLE'}
          hint={keep && `The saved key ends in ${lastFour}. Leave both empty to keep it.`}
        />
        <TextField {...field('secretAccessKey')} code type="password" autocomplete="new-password" />
        <TextField {...field('bucket')} code placeholder="my-bucket" />
        <TextField {...field('region')} code placeholder={profile.exampleRegion} />
      </div>
      <TextField
        {...field('endpoint')}
        code
        optional
        placeholder={endpointIn(profile, profile.exampleRegion) || 'https://s3.example.com'}
        hint="For S3-compatible storage. Amazon S3 needs none."
      />
      <div class="fields">
        <TextField
          {...field('defaultPathPrefix')}
          code
          optional
          placeholder="imports"
          hint="The folder for uploads."
        />
        <TextField
          {...field('storageClass')}
          code
          optional
          list="storage-classes"
          placeholder="STANDARD"
          hint="Without it, the bucket decides."
        />
        <ClassSuggestions id="storage-classes" profile={profile} />
      </div>
    </>
  );
};
