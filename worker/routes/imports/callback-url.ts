import type { Config } from '../../config.ts';
import type { ImportRequest } from '../../contract/api/import-request.ts';
import { invalidFields } from '../../errors.ts';
import { checkWebhookUrl } from '../../webhooks/check-url.ts';

/**
 * The request with one checked `webhookUrl`, under whichever of its names it was sent. AppError `webhook_address_forbidden`,
 * or `invalid_request` when the two names have different values.
 */
export function withCallbackUrl(
  config: Pick<Config, 'EGRESS_ALLOW'>,
  { webhook_url: older, ...request }: ImportRequest,
): ImportRequest {
  const field = request.webhookUrl === undefined ? 'webhook_url' : 'webhookUrl';
  const text = request.webhookUrl ?? older;
  if (text === undefined) return request;
  if (older !== undefined && older !== text) {
    const message = 'webhook_url must have the value of webhookUrl, or be omitted';
    throw invalidFields([{ field: 'webhook_url', message }]);
  }
  return { ...request, webhookUrl: checkWebhookUrl(config, text, field) };
}
