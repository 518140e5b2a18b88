/** Webhook endpoints in requests and answers of `/webhooks`. */
import { z } from 'zod';
import { WebhookEvent } from '../../webhook-event.ts';
import { httpUrl } from '../http-url.ts';

/** What an endpoint is told about unless it chooses: the ends of imports and of metadata, and files that reach their bucket later. */
export const DEFAULT_EVENTS: readonly WebhookEvent[] = [
  'import.completed',
  'import.failed',
  'import.canceled',
  'import.stored',
  'metadata.completed',
  'metadata.failed',
  'metadata.canceled',
  'basic-metadata.completed',
  'basic-metadata.failed',
  'basic-metadata.canceled',
];

/** The longest time that the secret before a rotation stays valid, in seconds: a week. */
const MAX_OVERLAP_SECONDS = 7 * 24 * 3600;
const DEFAULT_OVERLAP_SECONDS = 24 * 3600;

const EventList = z
  .array(WebhookEvent)
  .min(1)
  .max(WebhookEvent.options.length)
  .meta({ description: `The types of events to send. Default: ${DEFAULT_EVENTS.join(', ')}.` });

const Format = z.enum(['flat', 'full']).meta({
  description:
    "The body: `flat` is Importly's object (default), `full` is `{type, timestamp, data}` with the status of the job as `data`.",
});

const choice = {
  events: EventList.optional(),
  format: Format.optional(),
  description: z.string().max(200).optional().meta({ description: 'What the endpoint is for.' }),
};

const ENDPOINT_URL = 'An https URL that receives the events.';
const endpointUrl = httpUrl('url').meta({ description: ENDPOINT_URL });

/** The body of `POST /webhooks`. */
export const WebhookInput = z.strictObject({ url: endpointUrl, ...choice }).meta({
  id: 'WebhookInput',
  example: { url: 'https://app.example.com/hooks/importly', events: ['import.completed', 'import.failed'] },
});
export type WebhookInput = z.infer<typeof WebhookInput>;

/** The body of `PATCH /webhooks/{id}`. */
export const WebhookChange = z
  .strictObject({
    url: endpointUrl.optional().meta({ description: ENDPOINT_URL }),
    ...choice,
    enabled: z.boolean().optional().meta({
      description: 'false ends the deliveries that wait, as failed; true sends later events again.',
    }),
  })
  .meta({ id: 'WebhookChange' });
export type WebhookChange = z.infer<typeof WebhookChange>;

/** The body of `POST /webhooks/{id}/rotate-secret`. */
export const RotateSecretRequest = z
  .strictObject({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(MAX_OVERLAP_SECONDS)
      .default(DEFAULT_OVERLAP_SECONDS)
      .meta({ description: 'How long the previous secret signs too. Default: a day.' }),
  })
  .meta({ id: 'RotateSecretRequest' });

const view = {
  id: z
    .union([z.uuid(), z.literal('requests')])
    .meta({ description: 'The ID of the endpoint; `requests` stands for the URLs that requests name.' }),
  url: z.url().nullable().meta({
    description: 'Null for `requests`, which stands for the URLs that requests name.',
    example: 'https://app.example.com/hooks/importly',
  }),
  events: z.array(WebhookEvent).meta({
    description: 'The types of events that are sent.',
    example: ['import.completed', 'import.failed'],
  }),
  format: Format,
  description: z.string().nullable().meta({ description: 'What the endpoint is for.' }),
  enabled: z.boolean().meta({ description: 'Whether events are sent.' }),
  disabledReason: z.enum(['owner', 'gone']).nullable().meta({
    description: '`owner`: by a request. `gone`: the endpoint answered 410.',
  }),
  previousSecretUntil: z.iso.datetime().nullable().meta({
    description: 'Until when the secret before the last rotation signs too.',
  }),
  createdAt: z.iso.datetime().meta({ description: 'When the endpoint was created.' }),
  updatedAt: z.iso.datetime().meta({ description: 'When it was last changed.' }),
};

export const WebhookView = z
  .strictObject(view)
  .meta({ id: 'Webhook', description: 'A webhook endpoint without its secret.' });
export type WebhookView = z.infer<typeof WebhookView>;

/** An endpoint with its new secret, which no later answer shows. */
export const WebhookWithSecret = z
  .strictObject({
    ...view,
    secret: z.string().meta({
      description: 'Signs the requests, see Standard Webhooks. Shown only once.',
      example: 'whsec_…',
    }),
  })
  .meta({ id: 'WebhookWithSecret', description: 'A webhook endpoint with its new secret.' });
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>;

export const WebhookDeleted = z.strictObject({
  deleted: z.literal(true).meta({ description: 'The endpoint and its log are deleted.' }),
});
