/** Which endpoints a customer may name: the Worker sends signed requests there, so it must not be led inside. */
import type { Config } from '../config.ts';
import { isNameAllowed, judgeHost, parseEgressAllow } from '../contract/address-policy.ts';
import { AppError } from '../errors.ts';
import { invalidFields } from '../http/error-body.ts';

/**
 * The endpoint as an origin, without a trailing slash. AppError `invalid_request` when it is no bare https URL,
 * `storage_address_forbidden` when its host is private; EGRESS_ALLOW can permit both plain http and the host.
 */
export function checkEndpoint(config: Pick<Config, 'EGRESS_ALLOW'>, endpoint: string): string {
  const url = URL.parse(endpoint);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw invalid('be an https URL');
  if (url.username !== '' || url.password !== '') throw invalid('not contain credentials');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw invalid('be a host alone; the bucket and folders have their own fields');
  }
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const allow = parseEgressAllow(config.EGRESS_ALLOW);
  if (!judgeHost(allow, 'storage', url.hostname, port).allowed)
    throw new AppError('storage_address_forbidden');
  // Over plain http the objects, and signatures, can be read on the way: only where the operator named the host.
  const isNamed =
    isNameAllowed(allow, 'storage', url.hostname, port) ||
    !judgeHost([], 'storage', url.hostname, port).allowed;
  if (url.protocol === 'http:' && !isNamed) throw invalid('be an https URL');
  return url.origin;
}

function invalid(rule: string): AppError {
  return invalidFields([{ field: 'endpoint', message: `endpoint must ${rule}` }]);
}
