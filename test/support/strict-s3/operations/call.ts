/** An authenticated and authorized request with its body, the input of all operations. */
import type { Principal } from '../signing/authenticate.ts';
import type { Bucket } from '../bucket.ts';
import type { Profile } from '../profiles/profiles.ts';
import { S3Error } from '../s3-error.ts';
import type { WireRequest } from '../requests/wire-request.ts';

export type Call = {
  profile: Profile;
  bucket: Bucket;
  key: string;
  request: WireRequest;
  /** The headers that count by the profile's rules. */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
  principal: Principal | null;
  nowMs: number;
};

/** Answers 412 to a write with `If-None-Match: *` when the object exists. Other values are not supported. */
export function checkKeyIsFree(call: Call): void {
  const condition = call.headers.get('if-none-match');
  if (call.headers.has('if-match')) throw new S3Error('NotImplemented', { detail: { Header: 'If-Match' } });
  if (condition === undefined || call.profile.ifNoneMatch === 'ignored') return;
  if (condition !== '*') throw new S3Error('NotImplemented', { detail: { Header: 'If-None-Match' } });
  if (call.bucket.objects.has(call.key)) {
    throw new S3Error('PreconditionFailed', { detail: { Condition: 'If-None-Match' } });
  }
}
