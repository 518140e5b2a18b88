/** Corrections from refusals of unknown providers, played by strict S3 stand-ins: the region, and unsupported headers. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { s3Request } from '../../../../worker/storage/s3/client.ts';
import { signedPut } from '../../../../worker/storage/s3/signed-requests.ts';
import type { RemoteOptions } from '../../../support/strict-s3/remote.ts';
import { toSign } from '../../support/customer.ts';
import { sha256Of, someBytes } from '../../support/uploads.ts';
import { ADMIN, PUT_ONLY, startStandIn, TEMPORARY, upload, WRITER } from './stand-in.ts';

const KEY = 'clips/a b+ü.mp4';
const bytes = someBytes(3000);
const code = (name: string) => expect.objectContaining({ code: name });

async function start(options: RemoteOptions, endpoint?: string) {
  const standIn = await startStandIn(options, endpoint);
  onTestFinished(standIn.stop);
  return standIn;
}

describe('a bucket in another region (strict S3 stand-in, aws)', () => {
  it.each(['AuthorizationHeaderMalformed', 'PermanentRedirect', 'TemporaryRedirect'] as const)(
    'is corrected after the answer %s, without following Location',
    async (wrongRegion) => {
      const standIn = await start({ profile: 'aws', wrongRegion });
      const { begun } = await upload(standIn.ctx, standIn.target({ region: 'us-east-1' }), bytes);
      expect(begun.lesson).toEqual({ region: 'eu-central-1', wasWrong: true, droppedHeaders: [] });
      expect((await standIn.object(KEY))!.sha256).toBe(await sha256Of(bytes));
      const { requests } = await standIn.read();
      const created = requests.filter(({ operation }) => operation === 'CreateMultipartUpload');
      expect(created.map(({ status }) => status)).toEqual([expect.any(Number), 200]);
    },
  );

  it('changes the host too when the host contains the region', async () => {
    const standIn = await start({ profile: 'aws' }, 'https://s3.us-east-1.amazonaws.com');
    const hosts: string[] = [];
    const { fetch: send } = standIn.ctx;
    const ctx = {
      ...standIn.ctx,
      fetch: (async (input, init) => {
        hosts.push(new URL(new Request(input).url).host);
        return send(input, init);
      }) as typeof fetch,
    };
    await upload(ctx, standIn.target({ addressing: 'path', region: 'us-east-1' }), bytes);
    expect(hosts[0]).toBe('s3.us-east-1.amazonaws.com');
    expect(new Set(hosts.slice(1))).toEqual(new Set(['s3.eu-central-1.amazonaws.com']));
  });

  it('is corrected once, and refused when the server names another region again', async () => {
    const standIn = await start({ profile: 'aws' });
    const answers = ['eu-west-1', 'eu-west-2', 'eu-west-3'];
    let asked = 0;
    const ctx = {
      ...standIn.ctx,
      fetch: async () =>
        new Response(null, { status: 301, headers: { 'x-amz-bucket-region': answers[asked++ % 3]! } }),
    };
    const answer = s3Request(ctx, standIn.target(), { method: 'POST', key: 'a' });
    await expect(answer).rejects.toThrow(code('storage_region_mismatch'));
    expect(asked).toBe(2);
  });

  it.each(['evil.example/', 'us-east-1.evil.example', '', 'a'.repeat(40), '-'])(
    'is not corrected to the invalid region "%s"',
    async (region) => {
      const standIn = await start({ profile: 'aws' }, 'https://s3.us-east-1.amazonaws.com');
      let asked = 0;
      const ctx = {
        ...standIn.ctx,
        fetch: async () => {
          asked++;
          return new Response(`<Error><Code>PermanentRedirect</Code><Region>${region}</Region></Error>`, {
            status: 301,
            headers: { location: 'https://evil.example/' },
          });
        },
      };
      const answer = s3Request(ctx, standIn.target(), { method: 'POST', key: 'a' });
      await expect(answer).rejects.toThrow(code('storage_region_mismatch'));
      expect(asked).toBe(1);
    },
  );
});

describe('headers that an unknown provider refuses', () => {
  const settings = {
    acl: 'public-read',
    sse: { type: 'AES256' as const },
    tags: { team: 'video' },
    metadata: { plain: 'kept' },
  };

  it.each<[string, RemoteOptions, string[]]>([
    ['r2: 501 for each', { profile: 'r2' }, ['x-amz-acl', 'x-amz-server-side-encryption', 'x-amz-tagging']],
    ['b2: 400 for each', { profile: 'b2' }, ['x-amz-acl', 'x-amz-tagging']],
    ['gcs: 400 for each', { profile: 'gcs' }, ['x-amz-server-side-encryption', 'x-amz-tagging']],
    [
      'aws with ACLs disabled',
      { profile: 'aws', buckets: [{ name: 'test-bucket', hasAclsDisabled: true }] },
      ['x-amz-acl'],
    ],
  ])('are left out (strict S3 stand-in, %s)', async (_, options, dropped) => {
    const standIn = await start(options);
    const { begun } = await upload(standIn.ctx, standIn.target(settings, WRITER), bytes);
    expect(begun.lesson!.droppedHeaders.toSorted()).toEqual(dropped);
    expect(begun.omittedHeaders.toSorted()).toEqual(dropped);
    const object = await standIn.object(KEY);
    expect(object).toMatchObject({ sizeBytes: bytes.length, headers: { 'x-amz-meta-plain': 'kept' } });
    expect(Object.keys(object!.headers)).not.toEqual(expect.arrayContaining(dropped));
  });

  it('are not sent again once they are known (strict S3 stand-in, r2)', async () => {
    const standIn = await start({ profile: 'r2' });
    const learned = { unsupportedHeaders: ['x-amz-acl', 'x-amz-server-side-encryption', 'x-amz-tagging'] };
    const { begun } = await upload(standIn.ctx, standIn.target({ ...settings, learned }), bytes);
    expect(begun.omittedHeaders).toHaveLength(3);
    expect((await standIn.read()).requests.every(({ status }) => status !== 501)).toBe(true);
  });

  it('end the upload when the header is a KMS key (strict S3 stand-in, r2)', async () => {
    const standIn = await start({ profile: 'r2' });
    const target = standIn.target({ sse: { type: 'aws:kms', kmsKeyId: 'abc' } });
    await expect(upload(standIn.ctx, target, bytes)).rejects.toThrow(code('storage_rejected'));
  });

  it.each<[string, RemoteOptions, string]>([
    ['r2', { profile: 'r2' }, 'GLACIER'],
    ['b2', { profile: 'b2' }, 'STANDARD_IA'],
    ['gcs', { profile: 'gcs' }, 'STANDARD_IA'],
    ['minio', { profile: 'minio' }, 'STANDARD_IA'],
    ['aws', { profile: 'aws' }, 'COLDLINE'],
  ])(
    'end the upload when the header is a storage class (strict S3 stand-in, %s)',
    async (_, options, storageClass) => {
      const standIn = await start(options);
      const answer = upload(standIn.ctx, standIn.target({ storageClass }), bytes);
      await expect(answer).rejects.toThrow(code('storage_class_unsupported'));
    },
  );

  it('end the upload when the bucket has another owner (strict S3 stand-in, aws)', async () => {
    const standIn = await start({
      profile: 'aws',
      buckets: [{ name: 'test-bucket', ownerId: '111122223333' }],
    });
    const mine = standIn.target({ expectedBucketOwner: '111122223333' });
    await upload(standIn.ctx, mine, bytes, { key: 'mine.mp4' });
    const owners = (await standIn.read()).requests.map(
      ({ headers }) => headers['x-amz-expected-bucket-owner'],
    );
    expect(new Set(owners)).toEqual(new Set(['111122223333']));
    const other = standIn.target({ expectedBucketOwner: '999999999999' });
    await expect(upload(standIn.ctx, other, bytes)).rejects.toThrow(code('storage_access_denied'));
  });

  it('name the permissions that they need when the policy grants only s3:PutObject (strict S3 stand-in, aws)', async () => {
    const standIn = await start({ profile: 'aws' });
    const answer = upload(standIn.ctx, standIn.target({ tags: { a: 'b' } }, PUT_ONLY), bytes);
    await expect(answer).rejects.toThrow(
      expect.objectContaining({
        code: 'storage_access_denied',
        message: 'HTTP 403, AccessDenied; these settings also need s3:PutObjectTagging',
      }),
    );
  });
});

describe('temporary credentials (strict S3 stand-in, aws)', () => {
  it('send their session token with every request of an upload', async () => {
    const standIn = await start({ profile: 'aws' });
    await upload(standIn.ctx, standIn.target({}, TEMPORARY), bytes);
    expect((await standIn.object(KEY))!.sha256).toBe(await sha256Of(bytes));
    const { sessionToken: _, ...without } = TEMPORARY;
    await expect(upload(standIn.ctx, standIn.target({}, without), bytes)).rejects.toThrow(
      code('storage_credentials_invalid'),
    );
  });
});

describe('one query-signed PUT (strict S3 stand-in)', () => {
  async function put(profile: 'do' | 'aws', account = ADMIN, settings = {}) {
    const standIn = await start({ profile });
    const target = standIn.target({ acl: 'public-read', ...settings }, account);
    const now = Date.now();
    const part = await toSign(1, bytes, 'crc32');
    const object = {
      key: KEY,
      part,
      now,
      placementId: 'p',
      contentType: 'video/mp4',
      leaseUntil: now + 60_000,
    };
    return { standIn, signed: await signedPut(target, object) };
  }
  const send = ({ url, headers }: { url: string; headers: Record<string, string> }) =>
    fetch(url, { method: 'PUT', headers, body: bytes });

  it.each(['aws'] as const)('stores the headers of the settings (%s)', async (profile) => {
    const settings = { storageClass: 'STANDARD_IA', tags: { a: 'b c' }, metadata: { title: 'ü' } };
    const { standIn, signed } = await put(profile, WRITER, settings);
    expect((await send(signed)).status).toBe(200);
    expect((await standIn.object(KEY))!.headers).toMatchObject({
      'content-type': 'video/mp4',
      'x-amz-acl': 'public-read',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-tagging': 'a=b%20c',
      'x-amz-meta-title': '=?UTF-8?B?w7w=?=',
      'x-amz-meta-importly-upload': 'p',
    });
  });

  it('is refused with another ACL than the signed one (aws)', async () => {
    const { standIn, signed } = await put('aws');
    const headers = { ...signed.headers, 'x-amz-acl': 'private' };
    expect((await send({ ...signed, headers })).status).toBe(403);
    expect(new URL(signed.url).searchParams.get('X-Amz-SignedHeaders')).toContain('x-amz-acl');
    expect(await standIn.object(KEY)).toBeUndefined();
  });

  it('works with temporary credentials (aws)', async () => {
    const { standIn, signed } = await put('aws', TEMPORARY, { acl: null });
    expect((await send(signed)).status).toBe(200);
    expect(await standIn.object(KEY)).toBeDefined();
  });
});
