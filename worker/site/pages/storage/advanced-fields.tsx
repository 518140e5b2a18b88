/** Settings that few buckets need. */
import type { FC } from 'hono/jsx';
import { CannedAcl } from '../../../contract/api/storage/object-settings.ts';
import { Disclosure, SelectField, TextField } from '../../components/field.tsx';
import type { Problems } from '../../forms.ts';
import type { FieldOf } from './field-of.ts';

const NAMES = [
  'publicBaseUrl',
  'presignedUrlSeconds',
  'fallback',
  'allowedBuckets',
  'acl',
  'sse',
  'kmsKeyId',
  'tags',
  'metadata',
  'expectedBucketOwner',
  'addressing',
  'sessionToken',
];

type Part = FC<{ field: FieldOf }>;

/** Closed, unless one of the fields is wrong. */
export const AdvancedFields: FC<{ field: FieldOf; problems: Problems }> = ({ field, problems }) => (
  <Disclosure label="Advanced" open={NAMES.some((name) => problems[name])}>
    <div class="stack wide">
      <LinkFields field={field} />
      <ObjectFields field={field} />
      <AccessFields field={field} />
    </div>
  </Disclosure>
);

const LinkFields: Part = ({ field }) => (
  <div class="fields">
    <TextField
      {...field('publicBaseUrl')}
      type="url"
      code
      placeholder="https://media.example.com"
      hint="The start of file URLs, such as that of a CDN."
    />
    <TextField
      {...field('presignedUrlSeconds')}
      code
      placeholder="3600"
      hint="In seconds. File URLs are then signed and expire, so the bucket can stay private."
    />
    <SelectField
      {...field('fallback')}
      options={[
        ['service', 'Keep it here, and store it later'],
        ['none', 'Let the import fail'],
      ]}
    />
    <TextField
      {...field('allowedBuckets')}
      code
      rows={2}
      hint='One in each line. Buckets that imports may choose with "storageBucket".'
    />
  </div>
);

const ObjectFields: Part = ({ field }) => (
  <div class="fields">
    <SelectField
      {...field('acl')}
      options={[['', 'None: the bucket decides'], ...CannedAcl.options.map((acl) => [acl, acl] as const)]}
    />
    <SelectField
      {...field('sse')}
      options={[
        ['', 'None: the bucket decides'],
        ['AES256', 'AES256'],
        ['aws:kms', 'aws:kms'],
      ]}
    />
    <TextField
      {...field('kmsKeyId')}
      code
      hint="Only with aws:kms. Without it, the default key of the account."
    />
    <TextField
      {...field('tags')}
      code
      rows={2}
      placeholder="team=video"
      hint="key=value, one in each line."
    />
    <TextField
      {...field('metadata')}
      code
      rows={2}
      placeholder="source=importly"
      hint="key=value, one in each line."
    />
  </div>
);

const AccessFields: Part = ({ field }) => (
  <div class="fields">
    <TextField
      {...field('expectedBucketOwner')}
      code
      placeholder="123456789012"
      hint="The AWS account of the bucket. A bucket of another account is refused."
    />
    <SelectField
      {...field('addressing')}
      options={[
        ['auto', 'As the provider does it'],
        ['path', 'Bucket in the path'],
        ['virtual', 'Bucket in the host name'],
      ]}
    />
    <TextField
      {...field('sessionToken')}
      code
      type="password"
      autocomplete="off"
      hint="Only for temporary keys."
    />
  </div>
);
