/** GetObject and HeadObject, with Range, conditions and the response-* parameters of a signed query. */
import { allows } from '../signing/account.ts';
import { emptyAnswer, type Answer } from '../answer.ts';
import type { StoredObject } from '../bucket.ts';
import type { Call } from './call.ts';
import { encryptionHeaders } from './objects.ts';
import { S3Error } from '../s3-error.ts';

type ByteRange = { first: number; last: number };

/** The requested range; null for the whole object, also when HTTP says to ignore the range. */
function readRange(text: string | undefined, sizeBytes: number): ByteRange | null {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if (from === '' && to === '') return null;
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return null;
  if (first >= sizeBytes || last < first)
    throw new S3Error('InvalidRange', { headers: { 'content-range': `bytes */${sizeBytes}` } });
  return { first, last };
}

/** A missing key is 404 for accounts that may list the bucket, and 403 for others (S3, GetObject, Permissions). */
function findObject(call: Call): StoredObject {
  const object = call.bucket.objects.get(call.key);
  if (object) return object;
  const mayList = allows(call.principal?.account ?? null, 's3:ListBucket');
  throw new S3Error(mayList ? 'NoSuchKey' : 'AccessDenied', mayList ? { detail: { Key: call.key } } : {});
}

function overrides(call: Call): Record<string, string> {
  const pairs = call.request.queryPairs.filter(([name]) => name.startsWith('response-'));
  if (pairs.length > 0 && !call.principal) {
    throw new S3Error('InvalidRequest', {
      message: 'Request specific response headers cannot be used for anonymous GET requests.',
    });
  }
  return Object.fromEntries(pairs.map(([name, value]) => [name.slice('response-'.length), value]));
}

function objectHeaders(call: Call, object: StoredObject): Record<string, string> {
  const plain = [...object.headers].filter(
    ([name]) => !name.startsWith('x-amz-') || name.startsWith('x-amz-meta-'),
  );
  const storageClass = object.headers.get('x-amz-storage-class');
  const tagCount = [...new URLSearchParams(object.headers.get('x-amz-tagging') ?? '')].length;
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(plain),
    ...encryptionHeaders(object.headers),
    ...(storageClass && storageClass !== 'STANDARD' ? { 'x-amz-storage-class': storageClass } : {}),
    ...(tagCount > 0 ? { 'x-amz-tagging-count': String(tagCount) } : {}),
    etag: object.etag,
    'accept-ranges': 'bytes',
    'last-modified': new Date(object.storedAtMs).toUTCString(),
    ...overrides(call),
  };
}

/** The object, a range of it (206), 304, or a refusal. */
export function readObject(call: Call): Answer {
  const object = findObject(call);
  const headers = objectHeaders(call, object);
  const required = call.headers.get('if-match');
  if (required !== undefined && required !== '*' && required !== object.etag)
    throw new S3Error('PreconditionFailed');
  if (call.headers.get('if-none-match') === object.etag) return emptyAnswer(304, { etag: object.etag });
  const range = readRange(call.headers.get('range'), object.body.length);
  if (!range) return { status: 200, headers, body: object.body };
  const contentRange = `bytes ${range.first}-${range.last}/${object.body.length}`;
  const body = object.body.subarray(range.first, range.last + 1);
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, body };
}
