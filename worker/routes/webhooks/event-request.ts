/** The request that an endpoint receives, for the description of the API. */
import { z } from '@hono/zod-openapi';
import { BatchView } from '../../contract/api/batches/batch-view.ts';
import { FlatPayload, FullPayload } from '../../contract/api/webhooks/payload.ts';

const headers = z.object({
  'webhook-id': z.uuid().meta({ description: 'The ID of the event, the same in every attempt.' }),
  'webhook-timestamp': z.string().meta({ description: 'Unix seconds.' }),
  'webhook-signature': z.string().meta({ description: 'As Standard Webhooks describes.' }),
  'webhook-event': z.string().meta({ description: 'The type of the event.' }),
});

/** Its path is only a name: the request goes to the URL of the endpoint. */
export const eventRequest = {
  method: 'post' as const,
  path: '/event',
  summary: 'An event, sent to a webhook endpoint or to a webhookUrl',
  request: {
    headers,
    body: { content: { 'application/json': { schema: z.union([FlatPayload, BatchView, FullPayload]) } } },
  },
  responses: { '2XX': { description: 'The event is taken. Any other answer is tried again.' } },
};
