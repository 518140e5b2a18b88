/** PutObject, DeleteObject and HeadBucket. */
import { emptyAnswer, type Answer } from '../answer.ts';
import { checkKeyIsFree, type Call } from './call.ts';
import { checkBodyDigests, checksumHeader, etagOf } from './integrity.ts';
import { checkNewObject, keptHeaders } from './new-object.ts';

/** The encryption headers of the answer to a write. */
export function encryptionHeaders(headers: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-amz-server-side-encryption')));
}

/** PutObject: checks digests and condition, then stores the whole object. */
export function putObject(call: Call): Answer {
  checkNewObject(call);
  checkBodyDigests(call.headers, call.body);
  checkKeyIsFree(call);
  const etag = etagOf(call.body);
  const headers = keptHeaders(call.headers);
  call.bucket.objects.set(call.key, { body: call.body, headers, etag, storedAtMs: call.nowMs });
  const checksum = checksumHeader(call.headers);
  return emptyAnswer(200, {
    etag,
    ...encryptionHeaders(headers),
    ...(checksum ? { [checksum[0]]: checksum[1] } : {}),
  });
}

/** DeleteObject: 204, even if the object does not exist. */
export function deleteObject(call: Call): Answer {
  call.bucket.objects.delete(call.key);
  return emptyAnswer(204);
}

/** HeadBucket: the region in a header. */
export function headBucket(call: Call): Answer {
  return emptyAnswer(200, { 'x-amz-bucket-region': call.bucket.region });
}
