/** Authenticates and authorizes a request, and selects the headers that count. */
import type { IncomingMessage } from 'node:http';
import { allows, type Account } from '../signing/account.ts';
import type { Address } from './address.ts';
import { authenticate, type Principal } from '../signing/authenticate.ts';
import type { Bucket } from '../bucket.ts';
import { checkHeaders } from '../profiles/header-rules.ts';
import { neededActions } from './operation.ts';
import type { Operation, RequestRecord } from './request-record.ts';
import type { Profile, WrongRegionAnswer } from '../profiles/profiles.ts';
import { wrongRegionError } from '../profiles/region.ts';
import { S3Error } from '../s3-error.ts';
import type { WireRequest } from './wire-request.ts';

/** The configuration and state of one server. */
export type Service = {
  profile: Profile;
  wrongRegion: WrongRegionAnswer;
  region: string;
  endpoint: string;
  accounts: readonly Account[];
  buckets: ReadonlyMap<string, Bucket>;
  virtualHostBase: string;
};

export type Incoming = {
  message: IncomingMessage;
  request: WireRequest;
  operation: Operation;
  record: RequestRecord;
  nowMs: number;
};

/** Checks the signature and returns the account; null for an anonymous visitor. */
export function identify(service: Service, incoming: Incoming, address: Address): Principal | null {
  const { accounts, profile } = service;
  const bucketRegion = service.buckets.get(address.bucket)?.region ?? service.region;
  const accepted = profile.regions === 'bucket' ? [bucketRegion] : profile.regions;
  const principal = authenticate(incoming.request, {
    accounts,
    nowMs: incoming.nowMs,
    rewritesAcceptEncoding: profile.rewritesAcceptEncoding,
    checkRegion: (signedRegion, way) => {
      if (accepted === 'any' || accepted.includes(signedRegion)) return;
      const { wrongRegion: answer, endpoint } = service;
      const target = incoming.message.url ?? '/';
      throw wrongRegionError({
        answer,
        signedRegion,
        bucketRegion,
        bucket: address.bucket,
        way,
        endpoint,
        target,
      });
    },
  });
  if (principal)
    Object.assign(incoming.record, { signedBy: principal.way, accessKeyId: principal.account.accessKeyId });
  return principal;
}

/** AWS accepts `x-amz-*` headers in a presigned query. Other providers ignore them. */
export function countedHeaders(profile: Profile, request: WireRequest): Map<string, string> {
  const headers = new Map(request.headers);
  const hoisted = request.queryPairs.filter(([name]) => name.startsWith('x-amz-'));
  if (profile.readsHeadersFromQuery) for (const [name, value] of hoisted) headers.set(name, value);
  return checkHeaders(profile.headers, headers);
}

/** Throws AccessDenied when owner, bucket or account forbid the operation. */
export function authorise(
  principal: Principal | null,
  bucket: Bucket,
  operation: Operation,
  headers: ReadonlyMap<string, string>,
): void {
  const owner = headers.get('x-amz-expected-bucket-owner');
  if (owner !== undefined && owner !== bucket.ownerId) throw new S3Error('AccessDenied');
  const isPublicRead = bucket.isPublic && (operation === 'GetObject' || operation === 'HeadObject');
  if (!principal && isPublicRead) return;
  if (!principal) throw new S3Error('AccessDenied');
  const missing = neededActions(operation, headers).find((action) => !allows(principal.account, action));
  if (missing === undefined) return;
  const message = `User: ${principal.account.accessKeyId} is not authorized to perform: ${missing} on resource: arn:aws:s3:::${bucket.name}`;
  throw new S3Error('AccessDenied', { message });
}
