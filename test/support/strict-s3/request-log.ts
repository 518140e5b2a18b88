/** What came in and what was answered, without secrets. */
import type { Operation } from './operation.ts';
import type { WireRequest } from './wire-request.ts';

export type RequestRecord = {
  method: string;
  path: string;
  operation: Operation;
  /** Decoded query and lower-cased headers, without signatures, credentials and tokens. */
  query: Record<string, string>;
  headers: Record<string, string>;
  signedBy: 'header' | 'query' | 'anonymous';
  accessKeyId: string | null;
  bodySizeBytes: number;
  /** Null while under way, and for good when the connection was cut before an answer. */
  status: number | null;
  /** S3's code of a refusal. */
  code: string | null;
};

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
