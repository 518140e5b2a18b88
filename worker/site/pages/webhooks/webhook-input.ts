/** The form of a webhook endpoint: from the typed text to the input of the API. Pure. */
import { DEFAULT_EVENTS, WebhookInput } from '../../../contract/api/webhooks/endpoint.ts';
import { WebhookEvent } from '../../../contract/webhook-event.ts';
import { toInvalidRequest } from '../../../http/invalid-request.ts';
import type { Typed } from '../../forms.ts';

export const LABELS = { url: 'URL', description: 'Description', events: 'Events', format: 'Body' } as const;

/** The name of a checkbox. */
export const eventField = (event: WebhookEvent): string => `event-${event}`;

/** The input of the verbs. AppError `invalid_request` as in the API. */
export function toWebhookInput(typed: Typed): WebhookInput {
  const { url = '', description = '', format = 'flat' } = typed;
  const parsed = WebhookInput.safeParse({
    url: url.trim(),
    format,
    events: WebhookEvent.options.filter((event) => typed[eventField(event)] !== undefined),
    description: description.trim(),
  });
  if (parsed.success) return parsed.data;
  throw toInvalidRequest(parsed.error);
}

/** The form for these events. */
export function checked(events: readonly WebhookEvent[] = DEFAULT_EVENTS): Typed {
  return Object.fromEntries(events.map((event) => [eventField(event), 'on']));
}
