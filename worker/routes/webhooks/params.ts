import { z } from '@hono/zod-openapi';

/** An id of any form: one that does not exist is answered with 404. */
const id = z.string().meta({
  description: 'The ID of the endpoint, or `requests` for the URLs that requests name as webhookUrl.',
});

export const WebhookParams = z.object({ id });

export const DeliveryParams = z.object({
  id,
  deliveryId: z.string().meta({ description: 'The ID of the delivery, which is its webhook-id.' }),
});
