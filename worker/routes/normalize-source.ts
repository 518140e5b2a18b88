/** The check of a source URL at the door. Names are judged again by their addresses when the downloader connects. */
import { judgeHost, type EgressAllow } from '../contract/address-policy.ts';
import { AppError } from '../errors.ts';

/**
 * The URL as every later reader shall see it: written out by the same parser that was asked who the host is, so that
 * no other parser can find another host in it. `url` is a valid http(s) URL; throws AppError
 * `source_address_forbidden` naming the field when the policy refuses its host.
 */
export function normalizeSource(allow: EgressAllow, url: string): string {
  const parsed = new URL(url);
  const port = Number(parsed.port || (parsed.protocol === 'https:' ? 443 : 80));
  const verdict = judgeHost(allow, 'source', parsed.hostname, port);
  if (verdict.allowed) return parsed.href;
  const message = `url is on an address that may not be reached: ${verdict.reason}`;
  throw new AppError('source_address_forbidden', message, {
    field: 'url',
    fields: [{ field: 'url', message }],
  });
}
