/** The bodies of webhooks. */
import { z } from 'zod';
import { JobStatus } from '../../job.ts';
import { BatchView } from '../batches/batch-view.ts';
import { ImportView } from '../import-view.ts';
import { jobId, jobMessage, S3Location } from '../job-members.ts';
import { BasicMetadataView, MetadataView } from '../metadata/view.ts';

/** The default body: the flat object of Importly, with its members in Importly's order. */
export const FlatPayload = z
  .strictObject({
    jobId,
    status: z
      .union([JobStatus, z.literal('test')])
      .meta({ description: 'The status of the job; `test` in a test event.' }),
    mediaUrl: z.url().nullable().meta({ description: 'The URL of the file. Null when there is none.' }),
    s3Storage: S3Location.optional().meta({
      description: 'Where the file is in your bucket. Omitted when it is not there.',
    }),
    creditsUsed: z.number().int().meta({ description: 'The cost of the job. A credit is one US cent.' }),
    message: jobMessage,
  })
  .meta({ id: 'WebhookPayload', description: 'The default body: the flat object of Importly.' });
export type FlatPayload = z.infer<typeof FlatPayload>;

/** The body of an endpoint with the format `full`. `data` is the status of the job. */
export const FullPayload = z
  .strictObject({
    type: z.string().meta({ description: 'The type of the event.', example: 'import.completed' }),
    timestamp: z.iso.datetime().meta({ description: 'When the event happened.' }),
    data: z
      .union([ImportView, MetadataView, BasicMetadataView, BatchView, FlatPayload])
      .meta({ description: 'A flat object for a test event.' }),
  })
  .meta({ id: 'FullWebhookPayload', description: 'The body of an endpoint with the format `full`.' });
export type FullPayload = z.infer<typeof FullPayload>;
