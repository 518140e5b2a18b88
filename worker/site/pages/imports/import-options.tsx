/** The fields of an import's options, in the forms of imports and of batches. */
import type { FC } from 'hono/jsx';
import { StorageConflict } from '../../../contract/api/import-request.ts';
import {
  AudioFormat,
  AudioQuality,
  Container,
  VideoCodec,
  VideoQuality,
} from '../../../contract/choice/media-choice.ts';
import { Disclosure, SelectField, TextField } from '../../components/field.tsx';
import type { Problems, Typed } from '../../forms.ts';
import { LABELS, SERVICE, type FieldName } from './import-input.ts';

export interface ImportOptionsProps {
  typed: Typed;
  problems: Problems;
  destinations: readonly { name: string; bucket: string }[];
  retentionDays: number;
  /** In place of the usual label of the webhook, for a form that has two. */
  webhookLabel?: string;
}

const CONFLICTS: Readonly<Record<StorageConflict, string>> = {
  overwrite: 'Overwrite it',
  rename: 'Number the new file',
  fail: 'Let the import fail',
};
const ADVANCED: readonly FieldName[] = [
  'audioQuality',
  'container',
  'videoCodec',
  'audioFormat',
  'storagePath',
  'storageFilename',
  'storageClass',
  'storageConflict',
  'webhookUrl',
  'maxBytes',
  'maxDurationSeconds',
  'maxCostInDollars',
];

type FieldOf = (name: FieldName) => {
  name: FieldName;
  label: string;
  value: string | undefined;
  error: string | undefined;
};
type Part = FC<{ field: FieldOf }>;

/** What to take and where to store it; the rest is closed until somebody opens it. */
export const ImportOptionFields: FC<ImportOptionsProps> = ({
  typed,
  problems,
  destinations,
  retentionDays,
  webhookLabel = LABELS.webhookUrl,
}) => {
  const labels = { ...LABELS, webhookUrl: webhookLabel };
  const field: FieldOf = (name) => ({ name, label: labels[name], value: typed[name], error: problems[name] });
  return (
    <>
      <div class="fields">
        <SelectField
          {...field('includeVideo')}
          options={[
            ['', 'Video and audio'],
            ['audio', 'Audio only'],
            ['video', 'Video only'],
          ]}
        />
        <SelectField
          {...field('videoQuality')}
          options={choices('Best', VideoQuality.exclude(['best']).options)}
        />
      </div>
      <SelectField
        {...field('storageDestination')}
        options={[
          ...destinations.map(({ name, bucket }) => [name, `${bucket} (${name})`] as const),
          [SERVICE, `Our storage, for ${retentionDays} days`] as const,
        ]}
      />
      <Disclosure label="Advanced" open={ADVANCED.some((name) => problems[name])}>
        <div class="stack wide">
          <MediaFields field={field} />
          <PlaceFields field={field} />
          <LimitFields field={field} />
        </div>
      </Disclosure>
    </>
  );
};

/** The first one asks for nothing. */
function choices(first: string, names: readonly string[]): (readonly [string, string])[] {
  return [['', first], ...names.map((name) => [name, name] as const)];
}

const MediaFields: Part = ({ field }) => (
  <div class="fields">
    <SelectField
      {...field('audioQuality')}
      options={choices('Best', AudioQuality.exclude(['best']).options)}
    />
    <SelectField {...field('container')} options={choices('The one that fits', Container.options)} />
    <SelectField {...field('videoCodec')} options={choices('Any', VideoCodec.options)} />
    <SelectField
      {...field('audioFormat')}
      options={choices('Keep its format', AudioFormat.options)}
      hint="Takes the audio alone."
    />
  </div>
);

const PlaceFields: Part = ({ field }) => (
  <div class="fields">
    <TextField {...field('storagePath')} code optional placeholder="videos/2024" hint="In your bucket." />
    <TextField {...field('storageFilename')} code optional placeholder="my-video" hint="Without extension." />
    <TextField {...field('storageClass')} code optional placeholder="STANDARD" />
    <SelectField
      {...field('storageConflict')}
      options={[['', 'Overwrite it (default)'], ...StorageConflict.options.slice(1).map(conflictOption)]}
    />
  </div>
);

function conflictOption(name: StorageConflict): readonly [string, string] {
  return [name, CONFLICTS[name]];
}

const LimitFields: Part = ({ field }) => (
  <div class="fields">
    <TextField {...field('maxBytes')} code optional placeholder="1000000000" hint="In bytes." />
    <TextField {...field('maxDurationSeconds')} code optional placeholder="3600" hint="In seconds." />
    <TextField {...field('maxCostInDollars')} code optional placeholder="0.50" hint="In dollars." />
    <TextField
      {...field('webhookUrl')}
      type="url"
      code
      optional
      placeholder="https://example.com/hook"
      hint="Is told when the import has ended."
    />
  </div>
);
