/** The default body of webhooks: the flat object of Importly, with its members in Importly's order. */
import { z } from 'zod';
import { JobStatus } from '../../job.ts';

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
