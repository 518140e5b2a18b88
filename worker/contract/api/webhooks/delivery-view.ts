/** Deliveries of events in answers of `/webhooks/{id}/deliveries`. */
import { z } from 'zod';

/** Why an attempt failed. */
export const AttemptError = z.enum([
  'unreachable',
  'timeout',
  'redirect',
  'status',
  'gone',
  'address_forbidden',
  'secret_unreadable',
  'endpoint_disabled',
  'outdated',
  'interrupted',
]);
export type AttemptError = z.infer<typeof AttemptError>;

const time = z.iso.datetime();

const Attempt = z.strictObject({
  attempt: z.number().int().meta({ description: 'The number of the attempt, from 1.' }),
  startedAt: time.meta({ description: 'When it began.' }),
  durationMs: z.number().int().meta({ description: 'How long it took.' }),
  request: z
    .strictObject({
      url: z.url().meta({ description: 'The URL of the endpoint.' }),
      headers: z.record(z.string(), z.string()).meta({ description: 'The headers of the request.' }),
      body: z.string().meta({ description: 'The body of the request.' }),
    })
    .meta({ description: 'What was sent. The body is empty when nothing was sent.' }),
  answer: z
    .strictObject({
      status: z.number().int().meta({ description: 'The HTTP status.' }),
      body: z.string().meta({ description: 'The first 1,000 characters, on one line.' }),
    })
    .nullable()
    .meta({ description: 'What the endpoint answered; null without an answer.' }),
  error: AttemptError.nullable().meta({ description: 'Why the attempt failed; null when it did not.' }),
});

const delivery = {
  id: z.uuid().meta({ description: 'The webhook-id of every request of this delivery.' }),
  type: z.string().meta({ description: 'The type of the event.', example: 'import.completed' }),
  jobId: z.uuid().nullable().meta({ description: 'The job that the event is about; null for other events.' }),
  status: z
    .enum(['waiting', 'sending', 'delivered', 'failed'])
    .meta({ description: '`waiting`: an attempt follows at `nextAttemptAt`. `failed`: no attempt follows.' }),
  attempts: z.number().int().meta({ description: 'The number of attempts so far.' }),
  nextAttemptAt: time.nullable().meta({ description: 'When the next attempt follows; null if none does.' }),
  createdAt: time.meta({ description: 'When the event happened.' }),
  endedAt: time.nullable().meta({ description: 'When the delivery ended; null before that.' }),
};

export const DeliveryView = z
  .strictObject({
    ...delivery,
    lastAttempt: Attempt.nullable().meta({ description: 'The latest attempt; null before the first one.' }),
  })
  .meta({ id: 'WebhookDelivery' });
export type DeliveryView = z.infer<typeof DeliveryView>;

/** One page of deliveries. */
export const DeliveryPage = z
  .strictObject({
    deliveries: z.array(DeliveryView).meta({ description: 'The newest first.' }),
    nextCursor: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last.' }),
  })
  .meta({ id: 'WebhookDeliveryPage' });

/** A delivery with all its attempts that are still kept, the latest first. */
export const DeliveryDetails = z
  .strictObject({
    ...delivery,
    log: z.array(Attempt).meta({ description: 'The attempts that are still kept, the latest first.' }),
  })
  .meta({ id: 'WebhookDeliveryDetails' });
export type DeliveryDetails = z.infer<typeof DeliveryDetails>;

/** The answer of `POST /webhooks/{id}/replay`. */
export const ReplayAnswer = z
  .strictObject({
    replayed: z.number().int().meta({ description: 'The number of events that are sent again.' }),
  })
  .meta({ id: 'WebhookReplay' });
