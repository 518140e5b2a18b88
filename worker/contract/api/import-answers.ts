/** Answers of the calls that start a job. */
import { z } from 'zod';
import { JobStatus } from '../job.ts';

/** `POST /import`. */
export const ImportQueued = z
  .strictObject({ jobId: z.uuid(), status: z.literal('queued'), message: z.string() })
  .meta({ id: 'ImportQueued' });

/** `POST /imports/{id}/store`. */
export const StoreQueued = z
  .strictObject({
    jobId: z
      .uuid()
      .meta({ description: 'The ID of the store job. Get its status like the status of an import.' }),
    storeOf: z.uuid().meta({ description: 'The ID of the import.' }),
    status: JobStatus,
    message: z.string(),
  })
  .meta({ id: 'StoreQueued' });

/** `POST /imports/{id}/retry`. */
export const RetryQueued = ImportQueued.extend({
  retryOf: z.uuid().meta({ description: 'The import that is repeated.' }),
}).meta({ id: 'RetryQueued' });

/** `DELETE /imports/{id}/record`. */
export const ImportDeleted = z
  .strictObject({ jobId: z.uuid(), deleted: z.literal(true) })
  .meta({ id: 'ImportDeleted' });
