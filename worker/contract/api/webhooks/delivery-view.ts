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
  attempt: z.number().int(),
  startedAt: time,
  durationMs: z.number().int(),
  request: z
    .strictObject({ url: z.url(), headers: z.record(z.string(), z.string()), body: z.string() })
    .meta({ description: 'What was sent. The body is empty when nothing was sent.' }),
  answer: z
    .strictObject({
      status: z.number().int(),
      body: z.string().meta({ description: 'The first 1,000 characters, on one line.' }),
    })
    .nullable(),
  error: AttemptError.nullable(),
});

const delivery = {
  id: z.uuid().meta({ description: 'The webhook-id of every request of this delivery.' }),
  type: z.string(),
  jobId: z.uuid().nullable(),
  status: z.enum(['waiting', 'sending', 'delivered', 'failed']),
  attempts: z.number().int(),
  nextAttemptAt: time.nullable(),
  createdAt: time,
  endedAt: time.nullable(),
};

export const DeliveryView = z
  .strictObject({ ...delivery, lastAttempt: Attempt.nullable() })
  .meta({ id: 'WebhookDelivery' });
export type DeliveryView = z.infer<typeof DeliveryView>;

/** One page of deliveries. */
export const DeliveryPage = z
  .strictObject({
    deliveries: z.array(DeliveryView),
    nextCursor: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last.' }),
  })
  .meta({ id: 'WebhookDeliveryPage' });

/** A delivery with all its attempts that are still kept, the latest first. */
export const DeliveryDetails = z
  .strictObject({ ...delivery, log: z.array(Attempt) })
  .meta({ id: 'WebhookDeliveryDetails' });
export type DeliveryDetails = z.infer<typeof DeliveryDetails>;

/** The answer of `POST /webhooks/{id}/replay`. */
export const ReplayAnswer = z.strictObject({ replayed: z.number().int() }).meta({ id: 'WebhookReplay' });
