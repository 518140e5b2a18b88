/** Checks the URL of a webhook. Requests go there, so it must not lead into internal networks. */
import type { Config } from '../config.ts';
import { isOpened, judgeHost, literalAddress, parseEgressAllow, portOf } from '../contract/address-policy.ts';
import { AppError, invalidFields } from '../errors.ts';

/** Why an IP literal is refused although its address is public. */
const LITERAL_REFUSED = 'it is an IP address, and Workers on Cloudflare cannot connect to IP addresses';

/**
 * The URL in the normal form of the parser that determined its host, so that no other parser finds another host in it.
 * `text` is an http or https URL without credentials. AppError `webhook_address_forbidden` for a private address or an
 * IP literal, `invalid_request` for plain http; the operator can allow both with EGRESS_ALLOW.
 */
export function checkWebhookUrl(config: Pick<Config, 'EGRESS_ALLOW'>, text: string, field: string): string {
  const allow = parseEgressAllow(config.EGRESS_ALLOW);
  const url = new URL(text);
  const host = [url.hostname, portOf(url)] as const;
  const verdict = judgeHost(allow, 'webhook', ...host);
  if (!verdict.allowed) throw addressForbidden(field, verdict.reason);
  if (!isOpened(allow, 'webhook', ...host)) {
    if (literalAddress(url.hostname) !== null) throw addressForbidden(field, LITERAL_REFUSED);
    // The body has a link to the file, which must not cross the network in the clear.
    if (url.protocol === 'http:') throw invalidFields([{ field, message: `${field} must be an https URL` }]);
  }
  // A fragment is never sent.
  url.hash = '';
  return url.href;
}

/** The refusal of a URL in this field. */
export function addressForbidden(field: string, reason: string): AppError {
  const message = `${field} has an address that is not allowed: ${reason}`;
  return new AppError('webhook_address_forbidden', message, { field, fields: [{ field, message }] });
}
