/** Checks the URLs in a customer's settings. Requests go there, so they must not lead into internal networks. */
import type { Config } from '../../config.ts';
import {
  isOpened,
  judgeHost,
  literalAddress,
  parseEgressAllow,
  portOf,
} from '../../contract/address-policy.ts';
import { AppError, invalidFields } from '../../errors.ts';

type Field = 'endpoint' | 'publicBaseUrl';

/** Why an IP literal is refused although its address is public. */
const LITERAL_REFUSED =
  'The endpoint is an IP address, and Workers on Cloudflare cannot connect to IP addresses. Use a host name, or ask the operator to allow the address with EGRESS_ALLOW.';

/**
 * The endpoint as an origin, without a trailing slash. AppError `invalid_request` when it is not a bare https URL,
 * `storage_address_forbidden` when its host is private or an IP literal. EGRESS_ALLOW can permit the host and plain http.
 */
export function checkEndpoint(config: Pick<Config, 'EGRESS_ALLOW'>, endpoint: string): string {
  const url = checkUrl(config, endpoint, 'endpoint');
  if (literalAddress(url.hostname) !== null && !isOpenedHost(config, url))
    throw new AppError('storage_address_forbidden', LITERAL_REFUSED, { field: 'endpoint' });
  if (url.pathname !== '/') {
    throw invalid('endpoint', 'be a host without a path; the bucket and folders have their own fields');
  }
  return url.origin;
}

/** The base of public URLs, without a trailing slash. It may have a path. AppError as `checkEndpoint`. */
export function checkPublicUrl(config: Pick<Config, 'EGRESS_ALLOW'>, publicBaseUrl: string): string {
  return checkUrl(config, publicBaseUrl, 'publicBaseUrl').href.replace(/\/+$/, '');
}

function checkUrl(config: Pick<Config, 'EGRESS_ALLOW'>, text: string, field: Field): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw invalid(field, 'be an https URL');
  if (url.username !== '' || url.password !== '') throw invalid(field, 'not contain credentials');
  if (url.search !== '' || url.hash !== '') throw invalid(field, 'not have a query or a fragment');
  if (!judgeHost(parseEgressAllow(config.EGRESS_ALLOW), 'storage', url.hostname, portOf(url)).allowed)
    throw new AppError('storage_address_forbidden', undefined, { field });
  // Plain http exposes objects and signatures on the network, so it needs the permission of the operator.
  if (url.protocol === 'http:' && !isOpenedHost(config, url)) throw invalid(field, 'be an https URL');
  return url;
}

function isOpenedHost({ EGRESS_ALLOW }: Pick<Config, 'EGRESS_ALLOW'>, url: URL): boolean {
  return isOpened(parseEgressAllow(EGRESS_ALLOW), 'storage', url.hostname, portOf(url));
}

function invalid(field: Field, rule: string): AppError {
  return invalidFields([{ field, message: `${field} must ${rule}` }]);
}
