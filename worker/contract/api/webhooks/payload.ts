/** The bodies of webhooks. */
import { z } from 'zod';
import { JobStatus } from '../../job.ts';
import { BatchView } from '../batches/batch-view.ts';
import { ImportView } from '../import-view.ts';
import { BasicMetadataView, MetadataView } from '../metadata/view.ts';

/** The default body: the flat object of Importly, with its members in Importly's order. */
export const FlatPayload = z
  .strictObject({
    jobId: z.uuid(),
    status: z.union([JobStatus, z.literal('test')]),
    mediaUrl: z.url().nullable(),
    s3Storage: z.strictObject({ url: z.url(), bucket: z.string(), key: z.string() }).optional(),
    creditsUsed: z.number().int().meta({ description: 'The cost of the job. A credit is one US cent.' }),
    message: z.string(),
  })
  .meta({ id: 'WebhookPayload' });
export type FlatPayload = z.infer<typeof FlatPayload>;

/** The body of an endpoint with the format `full`. `data` is the status of the job. */
export const FullPayload = z
  .strictObject({
    type: z.string(),
    timestamp: z.iso.datetime().meta({ description: 'When the event happened.' }),
    data: z
      .union([ImportView, MetadataView, BasicMetadataView, BatchView, FlatPayload])
      .meta({ description: 'A flat object for a test event.' }),
  })
  .meta({ id: 'FullWebhookPayload' });
export type FullPayload = z.infer<typeof FullPayload>;
