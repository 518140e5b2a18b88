/** Strict stand-ins for providers, and whole uploads to them by the code of the Worker. */
import { inject } from 'vitest';
import type { Ctx } from '../../../../worker/context.ts';
import { s3Site } from '../../../../worker/storage/sites/s3-site.ts';
import {
  inRegion,
  s3Target,
  type S3Target,
  type TargetSettings,
} from '../../../../worker/storage/s3/target.ts';
import { signedPart } from '../../../../worker/storage/s3/signed-requests.ts';
import type { BegunUpload, FinishedUpload } from '../../../../worker/storage/sites/upload-site.ts';
import { ADMIN, PUT_ONLY, type Account } from '../../../support/strict-s3/signing/account.ts';
import {
  startRemoteStrictS3,
  type RemoteObject,
  type RemoteOptions,
  type RemoteStrictS3,
} from '../../../support/strict-s3/remote.ts';
import { toSign } from '../../support/customer.ts';
import { asSent, crc32Of, MIB, partsOf } from '../../support/uploads.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { fetchByName } from './by-name.ts';

export { ADMIN, PUT_ONLY };
export type { Account };

/** May write objects with ACL and tags, and do nothing else. */
export const WRITER: Account = {
  accessKeyId: 'STANDINWRITER0000001',
  secretAccessKey: 'writer/secret+of/the+stand-in/000000001',
  actions: ['s3:PutObject', 's3:PutObjectAcl', 's3:PutObjectTagging'],
};
/** As PUT_ONLY, by temporary credentials. */
export const TEMPORARY: Account = {
  accessKeyId: 'STANDINTEMPORARY0001',
  secretAccessKey: 'temporary/secret+of/the+stand-in/000001',
  sessionToken: 'session/token+of/the+stand-in==',
  actions: ['s3:PutObject'],
};

export interface StandIn extends RemoteStrictS3 {
  ctx: TestCtx;
  /** Settings as a customer types them, for a user with s3:PutObject alone unless another is named. */
  target: (settings?: Partial<TargetSettings>, account?: Account) => S3Target;
  /** The object of this key in a bucket (the default one), as it is stored. */
  object: (key: string, bucket?: string) => Promise<RemoteObject | undefined>;
}

/** `endpoint` is the provider's real one; without it the stand-in is met as a server that nobody knows. */
export async function startStandIn(options: RemoteOptions, endpoint?: string): Promise<StandIn> {
  const remote = await startRemoteStrictS3(inject('strictS3ControlUrl'), {
    accounts: [ADMIN, PUT_ONLY, WRITER, TEMPORARY],
    ...options,
  });
  const byName = endpoint === undefined ? {} : { fetch: fetchByName(remote.endpoint) };
  const ctx = makeCtx({ random: () => 0, ...byName });
  const target: StandIn['target'] = (settings = {}, account = PUT_ONLY) => {
    const { accessKeyId, secretAccessKey, sessionToken } = account;
    const { region, bucket } = remote;
    const typed = { endpoint: endpoint ?? remote.endpoint, region, bucket, ...settings };
    return s3Target(typed, { accessKeyId, secretAccessKey, sessionToken });
  };
  const object: StandIn['object'] = async (key, bucket = remote.bucket) => {
    const { buckets } = await remote.read();
    return buckets[bucket]?.objects.find((row) => row.key === key);
  };
  return { ...remote, ctx, target, object };
}

/** What is left out of an upload to see it fail. */
interface UploadOptions {
  key?: string;
  ifNoneMatch?: boolean;
}

/** Begins an upload, sends its parts as the downloader does, and completes it. Parts have 5 MiB. */
export async function upload(
  ctx: Ctx,
  target: S3Target,
  bytes: Uint8Array<ArrayBuffer>,
  { key = 'clips/a b+ü.mp4', ...options }: UploadOptions = {},
): Promise<{ begun: BegunUpload; etag: string | null }> {
  const begun = await s3Site(ctx, target).create({ placementId: 'placement-1', key }, 'video/mp4');
  // As a row that has learned the region opens it.
  const there = inRegion(target, begun.lesson!.region);
  const finished = await sendParts(ctx, there, key, begun, bytes);
  const ref = { placementId: 'placement-1', key, uploadId: begun.uploadId };
  const { etag } = await s3Site(ctx, there).complete(ref, { ...finished, ...options });
  return { begun, etag };
}

/** Sends the parts of a begun upload, and gives what Complete wants to know. */
export async function sendParts(
  ctx: Ctx,
  target: S3Target,
  key: string,
  { uploadId, digest }: BegunUpload,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<FinishedUpload> {
  const parts = [];
  for (const [index, body] of partsOf(bytes, 5 * MIB).entries()) {
    const part = await toSign(index + 1, body, digest);
    const request = await signedPart(target, { key, uploadId, part, now: ctx.now(), digest });
    const { url, headers } = request;
    const answer = await ctx.fetch(url, { method: 'PUT', headers, body: asSent(request, body) });
    if (!answer.ok) throw new Error(`part ${part.number}: ${answer.status} ${await answer.text()}`);
    parts.push({ number: part.number, etag: answer.headers.get('etag') ?? '', crc32: crc32Of(body) });
  }
  return { parts, sizeBytes: bytes.length, crc32: crc32Of(bytes), digest };
}
