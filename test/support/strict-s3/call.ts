/** One authenticated, authorised request with its body, as the operations get it. */
import type { Principal } from './authenticate.ts';
import type { Bucket } from './bucket.ts';
import type { Profile } from './profiles.ts';
import { S3Error } from './s3-error.ts';
import type { WireRequest } from './wire-request.ts';

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

/** `If-None-Match: *` of a write: the key must be free, else 412. Any other value is not played. */
export function checkKeyIsFree(call: Call): void {
  const condition = call.headers.get('if-none-match');
  if (call.headers.has('if-match')) throw new S3Error('NotImplemented', { detail: { Header: 'If-Match' } });
  if (condition === undefined || call.profile.ifNoneMatch === 'ignored') return;
  if (condition !== '*') throw new S3Error('NotImplemented', { detail: { Header: 'If-None-Match' } });
  if (call.bucket.objects.has(call.key)) {
    throw new S3Error('PreconditionFailed', { detail: { Condition: 'If-None-Match' } });
  }
}
