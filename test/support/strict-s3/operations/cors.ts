/** CORS rules of a bucket: the preflight, and the headers of other answers (S3, "Using CORS"). */
import { emptyAnswer, type Answer } from '../answer.ts';
import type { CorsRule } from '../options.ts';
import { S3Error } from '../s3-error.ts';
import type { WireRequest } from '../requests/wire-request.ts';

function matches(pattern: string, text: string): boolean {
  const [head = '', tail] = pattern.toLowerCase().split('*');
  const candidate = text.toLowerCase();
  if (tail === undefined) return candidate === head;
  return (
    candidate.length >= head.length + tail.length && candidate.startsWith(head) && candidate.endsWith(tail)
  );
}

function findRule(
  rules: readonly CorsRule[],
  origin: string,
  method: string,
  asked: readonly string[],
): CorsRule | undefined {
  const takesHeader = (rule: CorsRule, name: string) =>
    rule.allowedHeaders?.some((pattern) => matches(pattern, name));
  return rules.find(
    (rule) =>
      rule.allowedOrigins.some((pattern) => matches(pattern, origin)) &&
      rule.allowedMethods.includes(method) &&
      asked.every((name) => takesHeader(rule, name)),
  );
}

function originHeaders(rule: CorsRule, origin: string): Record<string, string> {
  const isForAll = rule.allowedOrigins.includes('*');
  return {
    'access-control-allow-origin': isForAll ? '*' : origin,
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(isForAll ? {} : { 'access-control-allow-credentials': 'true' }),
    ...(rule.exposeHeaders ? { 'access-control-expose-headers': rule.exposeHeaders.join(', ') } : {}),
    ...(rule.maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(rule.maxAgeSeconds) }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

/** The answer to OPTIONS: allowed, or 403 when no rule of the bucket matches. */
export function preflight(rules: readonly CorsRule[], request: WireRequest): Answer {
  const origin = request.headers.get('origin');
  const method = request.headers.get('access-control-request-method');
  if (origin === undefined || method === undefined) {
    throw new S3Error('BadRequest', { message: 'Insufficient information. Origin request header needed.' });
  }
  if (rules.length === 0) {
    throw new S3Error('AccessForbidden', { message: 'CORSResponse: CORS is not enabled for this bucket.' });
  }
  const asked = (request.headers.get('access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim());
  const rule = findRule(rules, origin, method, asked.filter(Boolean));
  if (!rule) throw new S3Error('AccessForbidden');
  const headers = originHeaders(rule, origin);
  if (asked[0]) headers['access-control-allow-headers'] = asked.join(', ');
  return emptyAnswer(200, headers);
}

/** CORS headers of other answers; none without an Origin or a matching rule. */
export function corsHeaders(rules: readonly CorsRule[], request: WireRequest): Record<string, string> {
  const origin = request.headers.get('origin');
  const rule = origin === undefined ? undefined : findRule(rules, origin, request.method, []);
  return rule && origin !== undefined ? originHeaders(rule, origin) : {};
}
