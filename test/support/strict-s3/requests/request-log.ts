/** The log of requests: what came in, without secrets. */
import type { Operation, RequestRecord } from './request-record.ts';
import type { WireRequest } from './wire-request.ts';

const SECRET = new Set([
  'authorization',
  'cookie',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-credential',
]);

function withoutSecrets(pairs: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries([...pairs].filter(([name]) => !SECRET.has(name.toLowerCase())));
}

/** A record to be filled while the request goes on. */
export function startRecord(request: WireRequest, operation: Operation): RequestRecord {
  return {
    method: request.method,
    path: request.rawPath,
    operation,
    query: withoutSecrets(request.query),
    headers: withoutSecrets(request.headers),
    signedBy: 'anonymous',
    accessKeyId: null,
    bodySizeBytes: 0,
    status: null,
    code: null,
  };
}
