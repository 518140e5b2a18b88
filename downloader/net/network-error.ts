/** Maps errors of sockets, TLS and HTTP to the codes of the code table. */
import { errors } from 'undici';
import type { EgressPurpose } from '../../worker/contract/address-policy.ts';
import type { Code } from '../../worker/contract/codes.ts';
import { JobFailure } from '../job-failure.ts';

type Kind = 'tls' | 'timeout' | 'stalled' | 'truncated' | 'unreachable';

const SOURCE_CODES: Record<Kind, Code> = {
  tls: 'source_tls_failed',
  timeout: 'source_timeout',
  stalled: 'source_stalled',
  truncated: 'source_truncated',
  unreachable: 'source_unreachable',
};

/** OpenSSL's verification results (X509_V_ERR_*), as Node names them, and failed handshakes. */
const TLS_CODES =
  /^(?:CERT_|CRL_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|ERROR_IN_C|HOSTNAME_MISMATCH|INVALID_|PATH_LENGTH_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/;
const KINDS: Record<string, Kind> = {
  ERR_STREAM_PREMATURE_CLOSE: 'truncated',
  ETIMEDOUT: 'timeout',
  EACCES: 'unreachable',
  EAFNOSUPPORT: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ECONNABORTED: 'unreachable',
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENODATA: 'unreachable',
  ENOTFOUND: 'unreachable',
  EPERM: 'unreachable',
  EPIPE: 'unreachable',
  UND_ERR_BODY_TIMEOUT: 'stalled',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'unreachable',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  UND_ERR_SOCKET: 'unreachable',
};

/**
 * The JobFailure for an error of a connection; a JobFailure is returned unchanged. The detail is the error code of the
 * system only, since messages contain addresses. A broken connection is `unreachable` also inside a body: only its
 * reader knows that the body has begun. Other errors are bugs, and are thrown again.
 */
export function mapNetworkError(error: unknown, purpose: Exclude<EgressPurpose, 'webhook'>): JobFailure {
  for (const cause of causesOf(error)) {
    if (cause instanceof JobFailure) return cause;
    const { kind, detail } = explain(cause);
    if (kind === null) continue;
    return new JobFailure(purpose === 'storage' ? 'storage_unreachable' : SOURCE_CODES[kind], detail, {
      cause: error,
    });
  }
  throw error;
}

/** The error, its causes, and the errors of several tried addresses. */
function* causesOf(error: unknown): Generator<unknown> {
  // Causes are a few levels deep. The limit is for cycles.
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    yield current;
    if (current instanceof AggregateError) yield* current.errors as unknown[];
    current = current.cause;
  }
}

function explain(error: unknown): { kind: Kind | null; detail: string } {
  // undici sets no code for these. Their message and `data` quote the foreign answer.
  if (error instanceof errors.HTTPParserError) return { kind: 'unreachable', detail: 'not an HTTP answer' };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { kind: TLS_CODES.test(code) ? 'tls' : (KINDS[code] ?? null), detail: code };
}
