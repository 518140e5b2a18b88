/** Rules for the optional `x-amz-*` headers of an upload, and their check. */
import { S3Error, type S3ErrorCode } from '../s3-error.ts';

/** The refusal of a header, in the words of the provider. */
export type Refusal = { code: S3ErrorCode; sentence: (header: string, value: string) => string };

/** `takes`: any value; these values, others are refused; none, always refused; or dropped, which ignores the header. */
export type HeaderRule =
  | { takes: 'any' | 'dropped' }
  | { takes: 'none'; otherwise: Refusal }
  | { takes: readonly string[]; otherwise: Refusal };

/** By header name; a name that ends in `*` is a prefix. The first match counts. */
export type HeaderRules = readonly (readonly [string, HeaderRule])[];

/** Headers of signatures and of the request itself, which every provider accepts. */
const ALWAYS_TAKEN = new Set([
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-user-agent',
  'x-amz-mp-object-size',
]);

function findRule(rules: HeaderRules, header: string): HeaderRule | undefined {
  const isMatch = (pattern: string) =>
    pattern.endsWith('*') ? header.startsWith(pattern.slice(0, -1)) : header === pattern;
  return rules.find(([pattern]) => isMatch(pattern))?.[1];
}

function isTaken(rule: HeaderRule, value: string): boolean {
  return typeof rule.takes === 'string' ? rule.takes !== 'none' : rule.takes.includes(value);
}

/**
 * The headers that count: those without an `x-amz-` name and those that the rules take. A refused one throws its
 * refusal; an unknown `x-amz-*` is 501 NotImplemented, as on AWS.
 */
export function checkHeaders(rules: HeaderRules, headers: ReadonlyMap<string, string>): Map<string, string> {
  const counted = new Map<string, string>();
  for (const [header, value] of headers) {
    const isFree =
      !header.startsWith('x-amz-') || header.startsWith('x-amz-meta-') || ALWAYS_TAKEN.has(header);
    const rule: HeaderRule | undefined = isFree ? { takes: 'any' } : findRule(rules, header);
    if (!rule) throw new S3Error('NotImplemented', { detail: { Header: header } });
    if ('otherwise' in rule && !isTaken(rule, value)) {
      throw new S3Error(rule.otherwise.code, { message: rule.otherwise.sentence(header, value) });
    }
    if (rule.takes !== 'dropped') counted.set(header, value);
  }
  return counted;
}
