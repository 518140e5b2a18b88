/** Checks the URL of a source before a job is created. The downloader checks the addresses of the host again when it connects. */
import { judgeHost, portOf, type EgressAllow } from '../../contract/address-policy.ts';
import { AppError } from '../../errors.ts';

/**
 * The URL in the normal form of the parser that determined its host, so that no other parser finds another host in it.
 * `url` is a valid http or https URL. AppError `source_address_forbidden` when the policy refuses the host.
 */
export function normalizeSource(allow: EgressAllow, url: string): string {
  const parsed = new URL(url);
  const verdict = judgeHost(allow, 'source', parsed.hostname, portOf(parsed));
  if (verdict.allowed) return parsed.href;
  const message = `url has an address that is not allowed: ${verdict.reason}`;
  throw new AppError('source_address_forbidden', message, {
    field: 'url',
    fields: [{ field: 'url', message }],
  });
}
