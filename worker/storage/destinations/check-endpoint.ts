/** Which addresses a customer's settings may name: requests are sent there, so they must not lead inside. */
import type { Config } from '../../config.ts';
import { isNameAllowed, judgeHost, parseEgressAllow } from '../../contract/address-policy.ts';
import { AppError, invalidFields } from '../../errors.ts';

type Field = 'endpoint' | 'publicBaseUrl';

/**
 * The endpoint as an origin, without a trailing slash. AppError `invalid_request` when it is no bare https URL,
 * `storage_address_forbidden` when its host is private; EGRESS_ALLOW can permit both plain http and the host.
 */
export function checkEndpoint(config: Pick<Config, 'EGRESS_ALLOW'>, endpoint: string): string {
  const url = checkUrl(config, endpoint, 'endpoint');
  if (url.pathname !== '/') {
    throw invalid('endpoint', 'be a host alone; the bucket and folders have their own fields');
  }
  return url.origin;
}

/** The base of public URLs, which may have a path, without a trailing slash. AppError as `checkEndpoint`. */
export function checkPublicUrl(config: Pick<Config, 'EGRESS_ALLOW'>, publicBaseUrl: string): string {
  return checkUrl(config, publicBaseUrl, 'publicBaseUrl').href.replace(/\/+$/, '');
}

function checkUrl(config: Pick<Config, 'EGRESS_ALLOW'>, text: string, field: Field): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw invalid(field, 'be an https URL');
  if (url.username !== '' || url.password !== '') throw invalid(field, 'not contain credentials');
  if (url.search !== '' || url.hash !== '') throw invalid(field, 'not have a query or a fragment');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const allow = parseEgressAllow(config.EGRESS_ALLOW);
  if (!judgeHost(allow, 'storage', url.hostname, port).allowed)
    throw new AppError('storage_address_forbidden', undefined, { field });
  // Over plain http the objects, and signatures, can be read on the way: only where the operator named the host.
  const isNamed =
    isNameAllowed(allow, 'storage', url.hostname, port) ||
    !judgeHost([], 'storage', url.hostname, port).allowed;
  if (url.protocol === 'http:' && !isNamed) throw invalid(field, 'be an https URL');
  return url;
}

function invalid(field: Field, rule: string): AppError {
  return invalidFields([{ field, message: `${field} must ${rule}` }]);
}
