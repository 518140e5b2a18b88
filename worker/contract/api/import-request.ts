/** The bodies of `POST /import` and `POST /imports/{id}/store`. */
import { z } from 'zod';
import { BucketName, DestinationName, StorageClassName } from './storage-names.ts';

/** Longest URL that is accepted, in characters. */
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
    'Name of the destination; without it the default one is used.',
  ),
  storagePath: z
    .string()
    .max(1024)
    .optional()
    .describe(
      'Folder in the bucket, in place of the default path prefix. May contain {title}, {id}, {uploader}, {date}, {jobId} and {ext}.',
    ),
  storageFilename: z
    .string()
    .max(1024)
    .optional()
    .describe('File name without extension; the title by default. May contain the same placeholders.'),
  storageBucket: BucketName.optional().describe('Bucket in place of that of the settings.'),
  storageClass: StorageClassName.optional().describe('Storage class in place of that of the settings.'),
  storageConflict: StorageConflict.optional().describe(
    'When an object has the name already: overwrite it (default), rename to "name (2)", or fail.',
  ),
};

export const ImportRequest = z
  .strictObject({
    url: SourceUrl,
    store: z.boolean().optional().describe('Store the file in your own bucket.'),
    ...storageChoice,
    storageReturnLocation: z
      .boolean()
      .optional()
      .describe('Whether the status names the place in the bucket; true by default.'),
  })
  .meta({ id: 'ImportRequest', example: { url: 'https://example.com/video.mp4', store: true } });
export type ImportRequest = z.infer<typeof ImportRequest>;

/** The fields of a request that choose where the file goes. */
export type StorageChoice = Pick<ImportRequest, keyof typeof storageChoice>;

export const StoreRequest = z.strictObject(storageChoice).meta({ id: 'StoreRequest' });
