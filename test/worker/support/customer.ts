/** A workspace with settings for the real S3 server, and access to its bucket. */
import { AwsV4Signer } from 'aws4fetch';
import { inject } from 'vitest';
import type { ProvidedS3, S3Keys } from '../../support/s3-servers/provided-s3.ts';
import { parseConfig } from '../../../worker/config.ts';
import type { Ctx } from '../../../worker/context.ts';
import type {
  PartDigest,
  PartToSign,
  SignedRequest,
  UploadPlan,
} from '../../../worker/contract/downloader/upload-plan.ts';
import type { LiveAttempt } from '../../../worker/db/rows.ts';
import { DestinationInput } from '../../../worker/contract/api/storage/destination-input.ts';
import { saveDestination } from '../../../worker/storage/destinations/save-destination.ts';
import { encodeKey } from '../../../worker/storage/s3/encode-key.ts';
import { s3Target, type S3Target } from '../../../worker/storage/s3/target.ts';
import { env } from 'cloudflare:workers';
import { makeCtx, type TestCtx } from './make-ctx.ts';
import { makeWorkspace } from './rows.ts';
import { asSent, completeRequest, crc32Of, partsOf, sha256Of, signFor } from './uploads.ts';

/** Null when the server is not available; then its suites are skipped. */
export const s3 = inject('s3');

/** The server, for suites that are skipped without it. */
export function server(): ProvidedS3 {
  if (s3 === null) throw new Error('no S3 server');
  return s3;
}

/** A context whose operator allows the address of the server. */
export function makeCustomerCtx(overrides: Partial<Ctx> = {}): TestCtx {
  const config = { ...parseConfig(env), EGRESS_ALLOW: `storage:${new URL(server().endpoint).host}` };
  return makeCtx({ config, random: () => 0, ...overrides });
}

/** A workspace with settings; by default with the keys of a user with the policy of the guide. */
export async function makeCustomer(ctx: Ctx, values: Partial<DestinationInput> = {}): Promise<string> {
  const workspaceId = await makeWorkspace(ctx);
  const { endpoint, region, bucket, putOnly } = server();
  const input = DestinationInput.parse({ endpoint, region, bucket, ...putOnly, ...values });
  await saveDestination(ctx, { workspaceId, input });
  return workspaceId;
}

/** A target for tests of single requests. With CRC-32 it follows the profile of Amazon S3. */
export function makeTarget(digest: PartDigest = 'sha256', keys: S3Keys = server().putOnly): S3Target {
  const { endpoint, region, bucket } = server();
  const target = s3Target({ endpoint, region, bucket }, keys);
  return { ...target, digest, profile: { ...target.profile, digest, crc32Covers: 'object' } };
}

/** Sends a request of the administrator. `path` starts after the bucket. */
export async function asAdmin(method: string, path: string, body?: string): Promise<Response> {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = server();
  const url = `${endpoint}/${bucket}${path}`;
  const signer = new AwsV4Signer({ method, url, service: 's3', region, accessKeyId, secretAccessKey });
  const signed = await signer.sign();
  return fetch(signed.url, { method, headers: signed.headers, body: body ?? null });
}

/** The object in the bucket; null when there is none. */
export async function readObject(key: string): Promise<{ bytes: Uint8Array; headers: Headers } | null> {
  const answer = await asAdmin('GET', `/${encodeKey(key)}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return answer.ok ? { bytes, headers: answer.headers } : null;
}

/** Ids of uploads that are neither completed nor aborted. */
export async function listUploads(prefix = ''): Promise<string[]> {
  const text = await (await asAdmin('GET', '?uploads=')).text();
  const uploads = Array.from(text.matchAll(/<Upload>.*?<\/Upload>/gs), ([upload]) => ({
    key: unescapeXml(/<Key>(.*?)<\/Key>/.exec(upload)?.[1] ?? ''),
    id: /<UploadId>(.*?)<\/UploadId>/.exec(upload)?.[1] ?? '',
  }));
  return uploads.filter(({ key }) => key.startsWith(prefix)).map(({ id }) => id);
}

function unescapeXml(text: string): string {
  return text.replaceAll(/&#34;|&quot;/g, '"').replaceAll('&amp;', '&');
}

/** Sends a signed request as the downloader does. */
export async function send(request: SignedRequest, body: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(request.url, {
    method: request.method,
    headers: request.headers,
    body: asSent(request, body),
  });
}

export async function toSign(
  number: number,
  bytes: Uint8Array<ArrayBuffer>,
  digest: PartDigest,
): Promise<PartToSign> {
  const digests = { crc32: crc32Of(bytes), sha256: await sha256Of(bytes), 'crc32-trailer': '' };
  return { number, sizeBytes: bytes.length, digest: digests[digest] };
}

/** Signs and sends all parts of a plan for the bucket, and returns the body of Complete. */
export async function sendAll(ctx: Ctx, live: LiveAttempt, plan: UploadPlan, bytes: Uint8Array<ArrayBuffer>) {
  const parts = partsOf(bytes, plan.partSizeBytes);
  const wanted = await Promise.all(parts.map((part, index) => toSign(index + 1, part, plan.digest)));
  const requests = await signFor(ctx, {
    live,
    placementId: plan.placementId,
    parts: wanted,
    token: 'token',
  });
  const sent = [];
  for (const [index, part] of parts.entries()) {
    const answer = await send(requests[index]!, part);
    if (!answer.ok) throw new Error(`part ${index + 1}: ${answer.status} ${await answer.text()}`);
    sent.push({ bytes: part, etag: answer.headers.get('etag') ?? '' });
  }
  return completeRequest(bytes, sent);
}
