/** Parses the signature of a request, from the Authorization header or the query. */
import { S3Error } from '../s3-error.ts';
import { ALGORITHM, UNSIGNED_PAYLOAD, type SigningScope } from './sigv4.ts';
import type { WireRequest } from '../requests/wire-request.ts';

export type Claim = {
  way: 'header' | 'query';
  accessKeyId: string;
  scope: SigningScope;
  signedHeaders: readonly string[];
  signature: string;
  /** Basic ISO 8601, as signed. */
  timestamp: string;
  expiresSeconds: number | null;
  securityToken: string | null;
  payloadHash: string;
};

const HEADER_FORM =
  /^AWS4-HMAC-SHA256 +Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;
/** Maximum validity of a presigned URL, in seconds: seven days (S3, "Authenticating Requests: Using Query Parameters"). */
const MAX_EXPIRES_SECONDS = 604_800;

/** `<key id>/<date>/<region>/<service>/aws4_request`; null when it has another form. */
function readCredential(text: string): { accessKeyId: string; scope: SigningScope } | null {
  const [accessKeyId, date, region, service, end, ...rest] = text.split('/');
  if (!accessKeyId || !date || region === undefined || !service || end !== 'aws4_request' || rest.length)
    return null;
  return { accessKeyId, scope: { date, region, service } };
}

function headerClaim(request: WireRequest, authorization: string): Claim {
  if (!authorization.startsWith(ALGORITHM)) {
    const message =
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.';
    throw new S3Error('InvalidRequest', { message });
  }
  const [, credentialText = '', names = '', signature = ''] = HEADER_FORM.exec(authorization) ?? [];
  const credential = readCredential(credentialText);
  if (!credential) throw new S3Error('AuthorizationHeaderMalformed');
  const payloadHash = request.headers.get('x-amz-content-sha256');
  if (!payloadHash) {
    throw new S3Error('InvalidRequest', {
      message: 'Missing required header for this request: x-amz-content-sha256',
    });
  }
  const securityToken = request.headers.get('x-amz-security-token') ?? null;
  const timestamp = request.headers.get('x-amz-date') ?? '';
  const signedHeaders = names.split(';');
  return {
    way: 'header',
    ...credential,
    signedHeaders,
    signature,
    timestamp,
    expiresSeconds: null,
    securityToken,
    payloadHash,
  };
}

function queryError(message: string): S3Error {
  return new S3Error('AuthorizationQueryParametersError', { message });
}

function queryClaim(request: WireRequest): Claim {
  const read = (name: string) => request.query.get(name) ?? '';
  if (read('X-Amz-Algorithm') !== ALGORITHM)
    throw queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const credential = readCredential(read('X-Amz-Credential'));
  if (!credential) throw queryError('Error parsing the X-Amz-Credential parameter');
  const expiresSeconds = Number(read('X-Amz-Expires'));
  if (!/^\d+$/.test(read('X-Amz-Expires')) || expiresSeconds < 1 || expiresSeconds > MAX_EXPIRES_SECONDS) {
    throw queryError('X-Amz-Expires must be between 1 and 604800 seconds');
  }
  return {
    way: 'query',
    ...credential,
    signedHeaders: read('X-Amz-SignedHeaders').split(';'),
    signature: read('X-Amz-Signature'),
    timestamp: read('X-Amz-Date'),
    expiresSeconds,
    securityToken: request.query.get('X-Amz-Security-Token') ?? null,
    // The documented form has no other value. Not all providers accept a signed hash here.
    payloadHash: UNSIGNED_PAYLOAD,
  };
}

/** The claim of a request; null when it is anonymous. */
export function readClaim(request: WireRequest): Claim | null {
  const authorization = request.headers.get('authorization');
  const isPresigned = request.query.has('X-Amz-Signature') || request.query.has('X-Amz-Algorithm');
  if (authorization !== undefined && isPresigned) {
    throw new S3Error('InvalidArgument', { message: 'Only one auth mechanism allowed' });
  }
  if (authorization !== undefined) return headerClaim(request, authorization);
  return isPresigned ? queryClaim(request) : null;
}
