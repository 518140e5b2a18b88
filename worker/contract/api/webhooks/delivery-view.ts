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
  attempt: z.number().int().meta({ description: 'The number of the attempt, from 1.', example: 1 }),
  startedAt: time.meta({ description: 'When it began.' }),
  durationMs: z.number().int().meta({ description: 'How long it took.', example: 184 }),
  request: z
    .strictObject({
      url: z
        .url()
        .meta({ description: 'The URL of the endpoint.', example: 'https://app.example.com/hooks/importly' }),
      headers: z.record(z.string(), z.string()).meta({
        description: 'The headers of the request.',
        example: {
          'webhook-id': '01a20cd1-6bb4-728b-a1f3-382e058cda0a',
          'webhook-event': 'import.completed',
        },
      }),
      body: z.string().meta({
        description: 'The body of the request.',
        example: '{"jobId":"01a20cd1-6bb4-728b-a1f3-382e058cda0a","status":"completed"}',
      }),
    })
    .meta({ description: 'What was sent. The body is empty when nothing was sent.' }),
  answer: z
    .strictObject({
      status: z.number().int().meta({ description: 'The HTTP status.', example: 200 }),
      body: z.string().meta({ description: 'The first 1,000 characters, on one line.', example: 'ok' }),
    })
    .nullable()
    .meta({ description: 'What the endpoint answered; null without an answer.' }),
  error: AttemptError.nullable().meta({ description: 'Why the attempt failed; null when it did not.' }),
});

const delivery = {
  id: z.uuid().meta({ description: 'The webhook-id of every request of this delivery.' }),
  type: z.string().meta({ description: 'The type of the event.', example: 'import.completed' }),
  jobId: z.uuid().nullable().meta({
    description: 'The job that the event is about; null for other events.',
    example: '01a20cd1-6bb4-728b-a1f3-382e058cda0a',
  }),
  status: z.enum(['waiting', 'sending', 'delivered', 'failed']).meta({
    description: '`waiting`: an attempt follows at `nextAttemptAt`. `failed`: no attempt follows.',
    example: 'delivered',
  }),
  attempts: z.number().int().meta({ description: 'The number of attempts so far.', example: 1 }),
  nextAttemptAt: time.nullable().meta({ description: 'When the next attempt follows; null if none does.' }),
  createdAt: time.meta({ description: 'When the event happened.' }),
  endedAt: time
    .nullable()
    .meta({ description: 'When the delivery ended; null before that.', example: '2026-11-27T09:09:41.616Z' }),
};

export const DeliveryView = z
  .strictObject({
    ...delivery,
    lastAttempt: Attempt.nullable().meta({ description: 'The latest attempt; null before the first one.' }),
  })
  .meta({ id: 'WebhookDelivery', description: 'An event for one endpoint, with the latest attempt.' });
export type DeliveryView = z.infer<typeof DeliveryView>;

/** One page of deliveries. */
export const DeliveryPage = z
  .strictObject({
    deliveries: z.array(DeliveryView).meta({ description: 'The newest first.' }),
    nextCursor: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last.' }),
  })
  .meta({ id: 'WebhookDeliveryPage', description: 'A page of the list of deliveries.' });

/** A delivery with all its attempts that are still kept, the latest first. */
export const DeliveryDetails = z
  .strictObject({
    ...delivery,
    log: z.array(Attempt).meta({ description: 'The attempts that are still kept, the latest first.' }),
  })
  .meta({ id: 'WebhookDeliveryDetails', description: 'An event for one endpoint, with all attempts.' });
export type DeliveryDetails = z.infer<typeof DeliveryDetails>;

/** The answer of `POST /webhooks/{id}/replay`. */
export const ReplayAnswer = z
  .strictObject({
    replayed: z.number().int().meta({ description: 'The number of events that are sent again.', example: 3 }),
  })
  .meta({ id: 'WebhookReplay', description: 'How many events are sent again.' });
