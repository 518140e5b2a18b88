/** Answers of the calls that start or delete a job. */
import { z } from 'zod';
import { JobStatus } from '../job.ts';
import { jobId, jobMessage } from './job-members.ts';

/** `POST /import`. */
export const ImportQueued = z
  .strictObject({
    jobId,
    status: z.literal('queued').meta({ description: 'The import waits for a downloader.' }),
    message: jobMessage.meta({ example: 'Import request queued.' }),
  })
  .meta({ id: 'ImportQueued', description: 'The import has begun.' });

/** `POST /imports/{id}/store`. */
export const StoreQueued = z
  .strictObject({
    jobId: z
      .uuid()
      .meta({ description: 'The ID of the store job. Get its status like the status of an import.' }),
    storeOf: z.uuid().meta({ description: 'The ID of the import.' }),
    status: JobStatus.meta({ description: 'The status of the store job.' }),
    message: jobMessage,
  })
  .meta({ id: 'StoreQueued', description: 'The store job has begun.' });

/** `POST /imports/{id}/retry`. */
export const RetryQueued = ImportQueued.extend({
  retryOf: z.uuid().meta({ description: 'The import that is repeated.' }),
}).meta({ id: 'RetryQueued', description: 'The new import has begun.' });

/** `DELETE /imports/{id}/record`, and the same calls for metadata. */
export const JobDeleted = z
  .strictObject({ jobId, deleted: z.literal(true).meta({ description: 'The job is deleted.' }) })
  .meta({ id: 'JobDeleted', description: 'The job is deleted.' });
