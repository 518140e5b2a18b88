/** The bodies of `POST /import` and `POST /imports/{id}/store`. */
import { z } from 'zod';
import { BucketName, DestinationName, StorageClassName } from './storage/storage-names.ts';

/** Maximum length of a source URL, in characters. */
const MAX_URL_CHARACTERS = 2048;

function isPlainHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
}

function hasNoCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === '' && url.password === '');
}

const SourceUrl = z
  .string()
  .min(1, 'url must not be empty')
  .max(MAX_URL_CHARACTERS, `url must not be longer than ${MAX_URL_CHARACTERS} characters`)
  .refine(isPlainHttpUrl, 'url must be an http or https URL')
  .refine(hasNoCredentials, 'url must not contain a user name or password');

/** What happens when an object with the same key exists. */
export const StorageConflict = z.enum(['overwrite', 'rename', 'fail']);
export type StorageConflict = z.infer<typeof StorageConflict>;

/** Fields that say where a file goes and under which name. */
export const storageChoice = {
  storageDestination: DestinationName.optional().describe(
    'The name of the destination. Default: the default destination.',
  ),
  storagePath: z
    .string()
    .max(1024)
    .optional()
    .describe(
      'The folder in the bucket. Replaces the default path prefix. May contain {title}, {id}, {uploader}, {date}, {jobId} and {ext}.',
    ),
  storageFilename: z
    .string()
    .max(1024)
    .optional()
    .describe('The file name without extension. Default: the title. May contain the same placeholders.'),
  storageBucket: BucketName.optional().describe('The bucket. Default: the bucket in the settings.'),
  storageClass: StorageClassName.optional().describe(
    'The storage class. Default: the storage class in the settings.',
  ),
  storageConflict: StorageConflict.optional().describe(
    'What happens when an object with this name exists: overwrite it (default), rename the file to "name (2)", or fail.',
  ),
};

export const ImportRequest = z
  .strictObject({
    url: SourceUrl,
    store: z.boolean().optional().describe('Whether to store the file in your own bucket.'),
    ...storageChoice,
    storageReturnLocation: z
      .boolean()
      .optional()
      .describe('Whether the status includes the location in the bucket. Default: true.'),
  })
  .meta({ id: 'ImportRequest', example: { url: 'https://example.com/video.mp4', store: true } });
export type ImportRequest = z.infer<typeof ImportRequest>;

/** The fields of a request that choose where the file goes. */
export type StorageChoice = Pick<ImportRequest, keyof typeof storageChoice>;

export const StoreRequest = z.strictObject(storageChoice).meta({ id: 'StoreRequest' });
