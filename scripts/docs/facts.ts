/** Names and defaults from the code that tests compare with the tables in the guides. */
import { z } from 'zod';
import { Config } from '../../worker/config.ts';
import { ImportRequest } from '../../worker/contract/api/import-request.ts';
import { mediaChoiceFields } from '../../worker/contract/api/media-choice.ts';
import { ConnectionReport } from '../../worker/contract/api/storage/connection-report.ts';
import { AttemptError } from '../../worker/contract/api/webhooks/delivery-view.ts';
import { DEFAULT_EVENTS } from '../../worker/contract/api/webhooks/endpoint.ts';
import { WebhookEvent } from '../../worker/contract/webhook-event.ts';
import { DestinationInput } from '../../worker/contract/api/storage/destination-input.ts';

/** Fields of `PUT /storage`. */
export const SETTINGS_FIELDS = Object.keys(DestinationInput.shape);
/** Storage parameters of `POST /import`. */
export const REQUEST_FIELDS = Object.keys(ImportRequest.shape).filter((name) => name.startsWith('stor'));
/** Fields that say what is taken from a source. */
export const CHOICE_FIELDS = Object.keys(mediaChoiceFields);
/** Checks of Test Connection, in order. */
export const CHECK_NAMES: string[] = ConnectionReport.shape.checks.element.shape.name.options;

/** Types of events, and whether an endpoint is told about them by default. */
export const EVENT_DEFAULTS = WebhookEvent.options.map((type) => [
  type,
  DEFAULT_EVENTS.includes(type) ? 'yes' : 'no',
]);
/** Why an attempt of a webhook fails. */
export const ATTEMPT_ERRORS: string[] = AttemptError.options;

/** The default of each variable as text; undefined if it has none, null if it must be set. */
export const CONFIG_DEFAULTS: Record<string, string | null | undefined> = Object.fromEntries(
  Object.entries(Config.shape).map(([name, schema]) => [
    name,
    // PLANS: text that is parsed.
    schema instanceof z.ZodPrefault ? schema.def.defaultValue : defaultText(schema.safeParse(undefined)),
  ]),
);

function defaultText(parsed: { success: boolean; data?: string | number | string[] | undefined }) {
  if (!parsed.success) return null;
  return parsed.data === undefined ? undefined : String(parsed.data);
}
