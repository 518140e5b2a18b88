/** Uploads to each known provider under its real host names, played by a strict stand-in. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { s3Request } from '../../../../worker/storage/s3/client.ts';
import type { TargetSettings } from '../../../../worker/storage/s3/target.ts';
import type { RemoteOptions } from '../../../support/strict-s3/remote.ts';
import { MIB, sha256Of, someBytes } from '../../support/uploads.ts';
import { ADMIN, startStandIn, upload, WRITER } from './stand-in.ts';

const KEY = 'clips/a b+ü.mp4';
const bytes = someBytes(5 * MIB + 100);
const everything: Partial<TargetSettings> = {
  acl: 'public-read',
  sse: { type: 'AES256' },
  tags: { team: 'a&b', 'ü key': '1' },
  metadata: { title: 'Привет, 世界 🎬', plain: 'as it is' },
};

interface Row {
  title: string;
  options: RemoteOptions;
  endpoint: string;
  settings: Partial<TargetSettings>;
  /** Headers of the stored object. */
  headers: Record<string, string>;
  omitted: string[];
}

const SSE = 'x-amz-server-side-encryption';
const METADATA = {
  'x-amz-meta-plain': 'as it is',
  'x-amz-meta-title': expect.stringMatching(/^=\?UTF-8\?B\?/),
};
const rows: Row[] = [
  {
    title: 'Amazon S3 in a virtual host',
    options: { profile: 'aws', virtualHostBase: 's3.eu-central-1.amazonaws.com' },
    endpoint: 'https://s3.eu-central-1.amazonaws.com',
    settings: { storageClass: 'INTELLIGENT_TIERING' },
    headers: { 'x-amz-storage-class': 'INTELLIGENT_TIERING', 'x-amz-acl': 'public-read', [SSE]: 'AES256' },
    omitted: [],
  },
  {
    title: 'Amazon S3 with a KMS key',
    options: { profile: 'aws', virtualHostBase: 's3.eu-central-1.amazonaws.com' },
    endpoint: 'https://s3.eu-central-1.amazonaws.com',
    settings: { sse: { type: 'aws:kms', kmsKeyId: 'arn:aws:kms:eu-central-1:111122223333:key/abc' } },
    headers: { [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: 'arn:aws:kms:eu-central-1:111122223333:key/abc' },
    omitted: [],
  },
  {
    title: 'Cloudflare R2 with a wrong region',
    options: { profile: 'r2' },
    endpoint: 'https://account.eu.r2.cloudflarestorage.com',
    settings: { region: 'weur', storageClass: 'STANDARD_IA' },
    headers: { 'x-amz-storage-class': 'STANDARD_IA' },
    omitted: ['x-amz-acl', SSE, 'x-amz-tagging'],
  },
  {
    title: 'Backblaze B2 with a wrong region',
    options: { profile: 'b2' },
    endpoint: 'https://s3.us-west-004.backblazeb2.com',
    settings: { region: 'us-east-1', storageClass: 'STANDARD' },
    headers: { [SSE]: 'AES256' },
    omitted: ['x-amz-acl', 'x-amz-tagging'],
  },
  {
    title: 'DigitalOcean Spaces with the endpoint that its console shows',
    options: { profile: 'do', virtualHostBase: 'fra1.digitaloceanspaces.com' },
    endpoint: 'https://test-bucket.fra1.digitaloceanspaces.com',
    settings: { region: 'us-east-1' },
    headers: { 'x-amz-acl': 'public-read' },
    // The stand-in refuses tags, which are not documented, so they are tried once.
    omitted: [SSE, 'x-amz-tagging'],
  },
  {
    title: 'Scaleway',
    options: { profile: 'scaleway', virtualHostBase: 's3.fr-par.scw.cloud' },
    endpoint: 'https://s3.fr-par.scw.cloud',
    settings: { storageClass: 'ONEZONE_IA' },
    headers: { 'x-amz-storage-class': 'ONEZONE_IA', 'x-amz-acl': 'public-read' },
    omitted: [SSE, 'x-amz-tagging'],
  },
  {
    title: 'Google Cloud Storage',
    options: { profile: 'gcs', virtualHostBase: 'storage.googleapis.com' },
    endpoint: 'https://storage.googleapis.com',
    settings: { storageClass: 'NEARLINE' },
    headers: { 'x-amz-storage-class': 'NEARLINE', 'x-amz-acl': 'public-read' },
    omitted: [SSE, 'x-amz-tagging'],
  },
  {
    title: 'Hetzner, which runs Ceph',
    options: { profile: 'ceph', virtualHostBase: 'fsn1.your-objectstorage.com' },
    endpoint: 'https://fsn1.your-objectstorage.com',
    settings: { region: 'us-east-1' },
    headers: { 'x-amz-acl': 'public-read', 'x-amz-tagging': expect.any(String) },
    omitted: [SSE],
  },
];

describe('an upload with every setting (strict S3 stand-in)', () => {
  it.each(rows)('is stored by $title', async ({ options, endpoint, settings, headers, omitted }) => {
    const standIn = await startStandIn(options, endpoint);
    onTestFinished(standIn.stop);
    const target = standIn.target({ ...everything, ...settings }, WRITER);
    const { begun } = await upload(standIn.ctx, target, bytes);
    expect(await standIn.object(KEY)).toMatchObject({
      sizeBytes: bytes.length,
      sha256: await sha256Of(bytes),
      headers: { 'content-type': 'video/mp4', ...METADATA, ...headers },
    });
    expect(begun.omittedHeaders.toSorted()).toEqual(omitted.toSorted());
    const { requests, buckets } = await standIn.read();
    expect(buckets['test-bucket']!.uploadIds).toEqual([]);
    // Headers that the table knows as unsupported are not sent.
    const refusals = requests.filter(({ status }) => status === 501 || status === 400);
    const known = target.object.omitted.length;
    expect(refusals).toHaveLength(omitted.length - known);
  });
});

describe('a Complete whose answer has an empty ETag (strict S3 stand-in: Ceph)', () => {
  it('stores the object and leaves its ETag unknown when the credentials may not read it', async () => {
    const standIn = await startStandIn({ profile: 'ceph' });
    onTestFinished(standIn.stop);
    expect((await upload(standIn.ctx, standIn.target(), bytes)).etag).toBeNull();
    expect((await standIn.object(KEY))?.sha256).toBe(await sha256Of(bytes));
  });

  it('reads the ETag from the object when the credentials may read it', async () => {
    const standIn = await startStandIn({ profile: 'ceph' });
    onTestFinished(standIn.stop);
    const { etag } = await upload(standIn.ctx, standIn.target({}, ADMIN), bytes);
    expect(etag).toBe((await standIn.object(KEY))?.etag);
  });

  it('fails when another object has replaced it', async () => {
    const standIn = await startStandIn({ profile: 'ceph' });
    onTestFinished(standIn.stop);
    const target = standIn.target({}, ADMIN);
    // Replaces the object between Complete and the HEAD after it.
    const replaced: typeof fetch = async (input, init) => {
      const answer = await standIn.ctx.fetch(input, init);
      if (init?.method === 'POST' && !new Request(input).url.includes('uploads='))
        await s3Request(standIn.ctx, target, { method: 'PUT', key: KEY, body: 'of somebody else' });
      return answer;
    };
    const ctx = { ...standIn.ctx, fetch: replaced };
    await expect(upload(ctx, target, bytes)).rejects.toThrow(
      expect.objectContaining({ code: 'storage_upload_lost' }),
    );
  });
});
