/** The bodies of `POST /import` and `POST /imports/{id}/store`. */
import { z } from 'zod';
import { httpUrl } from './http-url.ts';
import { choiceProblems, mediaChoiceFields } from './media-choice.ts';
import { DestinationNames, destinationProblems } from './storage/destination-list.ts';
import { BucketName, DestinationName, StorageClassName } from './storage/storage-names.ts';

/** What happens when an object with the same key exists. */
export const StorageConflict = z.enum(['overwrite', 'rename', 'fail']);
export type StorageConflict = z.infer<typeof StorageConflict>;

/** What a request reads. */
export const sourceUrl = httpUrl('url').describe('An http or https URL of a file, a stream or a page.');

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

/** Where the end of a job is announced. Older clients of Importly write `webhook_url`. */
export const callbackFields = {
  webhookUrl: httpUrl('webhookUrl')
    .optional()
    .describe('An https URL that receives a POST request when the job has ended.'),
  webhook_url: httpUrl('webhook_url').optional().describe('Another name of webhookUrl.'),
};

/** Everything that a request can choose for its import. */
export const importOptions = {
  ...mediaChoiceFields,
  store: z.boolean().optional().describe('Whether to store the file in your own bucket.'),
  ...storageChoice,
  storageDestinations: DestinationNames,
  storageReturnLocation: z
    .boolean()
    .optional()
    .describe('Whether the status includes the location in the bucket. Default: true.'),
  webhookUrl: callbackFields.webhookUrl,
};

export const ImportRequest = z
  .strictObject({ url: sourceUrl, ...importOptions, webhook_url: callbackFields.webhook_url })
  .superRefine((request, context) => {
    for (const { field, message } of [...choiceProblems(request), ...destinationProblems(request)])
      context.addIssue({ code: 'custom', path: [field], message });
  })
  .meta({ id: 'ImportRequest', example: { url: 'https://example.com/video.mp4', store: true } });
export type ImportRequest = z.infer<typeof ImportRequest>;

/** The options of a request, without its URL. */
export type ImportOptions = Omit<ImportRequest, 'url' | 'webhook_url'>;

/** The fields of a request that choose where the file goes. */
export type StorageChoice = Pick<ImportRequest, keyof typeof storageChoice>;

export const StoreRequest = z.strictObject(storageChoice).meta({ id: 'StoreRequest' });
