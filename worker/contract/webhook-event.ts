/** The types of events. Imports zod only. */
import { z } from 'zod';

/** Events that the ends of jobs cause. What each kind of job announces is in `worker/jobs/kinds/`. */
export const JobEventType = z.enum([
  'import.completed',
  'import.failed',
  'import.canceled',
  'import.stored',
  'store.completed',
  'store.failed',
  'store.canceled',
  'metadata.completed',
  'metadata.failed',
  'metadata.canceled',
  'basic-metadata.completed',
  'basic-metadata.failed',
  'basic-metadata.canceled',
]);
export type JobEventType = z.infer<typeof JobEventType>;

/** Sent once, when every item of a batch has ended. */
export const BATCH_EVENT = 'batch.completed';

/** Sent while an import runs. */
export const PROGRESS_EVENT = 'import.progress';

/** What an endpoint can be told about. */
export const WebhookEvent = z.enum([...JobEventType.options, BATCH_EVENT, PROGRESS_EVENT]);
export type WebhookEvent = z.infer<typeof WebhookEvent>;

/** The event of `POST /webhooks/{id}/test`. */
export const TEST_EVENT = 'webhook.test';
