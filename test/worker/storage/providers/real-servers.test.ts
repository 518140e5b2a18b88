/** Uploads to real servers: SeaweedFS stores classes, encryption and tags; versitygw checks conditions. */
import { AwsV4Signer } from 'aws4fetch';
import { describe, expect, inject, it } from 'vitest';
import { s3Target, type TargetSettings } from '../../../../worker/storage/s3/target.ts';
import { signedPut } from '../../../../worker/storage/s3/signed-requests.ts';
import type { ProvidedS3 } from '../../../support/s3-servers/provided-s3.ts';
import { makeTarget, readObject, s3, send, toSign } from '../../support/customer.ts';
import { crc32Of, MIB, someBytes } from '../../support/uploads.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { upload } from './stand-in.ts';

const seaweedfs = await (await fetch(inject('seaweedfsUrl'))).json<ProvidedS3 | null>();
const bytes = someBytes(5 * MIB + 77);
const small = someBytes(2000);
const code = (name: string) => expect.objectContaining({ code: name });
const ctx = makeCtx({ random: () => 0, now: () => Date.now() });

describe.skipIf(seaweedfs === null)('an upload to SeaweedFS', { timeout: 30_000 }, () => {
  // The body of a skipped suite still runs.
  const keys = { accessKeyId: '', secretAccessKey: '' };
  const none = { endpoint: 'http://127.0.0.1', region: '', bucket: '', putOnly: keys, ...keys };
  const { endpoint, region, bucket, putOnly, ...admin } = seaweedfs ?? none;
  const target = (settings: Partial<TargetSettings>, keys = putOnly) =>
    s3Target({ endpoint, region, bucket, ...settings }, keys);

  async function ask(method: string, path: string): Promise<Response> {
    const url = `${endpoint}/${bucket}/${path}`;
    const signer = new AwsV4Signer({ method, url, service: 's3', region, ...admin });
    const signed = await signer.sign();
    return fetch(signed.url, { method, headers: signed.headers });
  }

  it('stores all bytes with class, encryption, tags and metadata of the settings, with only s3:PutObject', async () => {
    const settings: Partial<TargetSettings> = {
      storageClass: 'STANDARD_IA',
      sse: { type: 'AES256' },
      metadata: { title: 'Žluťoučký kůň', plain: 'as it is' },
    };
    const { begun } = await upload(ctx, target(settings), bytes, { key: 'a b/+ü.mp4' });
    expect(begun).toMatchObject({ omittedHeaders: [], lesson: { wasWrong: false } });
    const object = await ask('GET', 'a%20b/%2B%C3%BC.mp4');
    expect(crc32Of(new Uint8Array(await object.arrayBuffer()))).toBe(crc32Of(bytes));
    expect(Object.fromEntries(object.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-meta-plain': 'as it is',
      'x-amz-meta-title': expect.stringMatching(/^=\?UTF-8\?B\?.*\?=$/),
    });
  });

  it('has the tags of the settings, as multipart and as one PUT', async () => {
    const tagged = target({ tags: { team: 'video + audio', 'a=b': 'c/d' } }, admin);
    await upload(ctx, tagged, small, { key: 'tagged.mp4' });
    const now = Date.now();
    const part = await toSign(1, small, 'crc32');
    const object = { key: 'put.mp4', part, now, placementId: 'p', contentType: 'video/mp4' };
    const answer = await send(await signedPut(tagged, { ...object, leaseUntil: now + 60_000 }), small);
    expect(answer.status).toBe(200);
    for (const key of ['tagged.mp4', 'put.mp4']) {
      const text = await (await ask('GET', `${key}?tagging=`)).text();
      expect(text).toContain('<Key>team</Key><Value>video + audio</Value>');
      expect(text).toContain('<Key>a=b</Key><Value>c/d</Value>');
    }
  });
});

describe.skipIf(s3 === null)('a conditional upload to versitygw, with s3:PutObject alone', () => {
  it('is refused by Complete when an object has the name, which stays as it was', async () => {
    const key = 'conditional/multipart.mp4';
    await upload(ctx, makeTarget(), small, { key, ifNoneMatch: true });
    const again = upload(ctx, makeTarget(), bytes, { key, ifNoneMatch: true });
    await expect(again).rejects.toThrow(code('storage_object_exists'));
    expect((await readObject(key))!.bytes).toEqual(small);
    await upload(ctx, makeTarget(), bytes, { key });
    expect((await readObject(key))!.bytes.length).toBe(bytes.length);
  });

  it('is refused as one PUT too', async () => {
    const now = Date.now();
    const part = await toSign(1, small, 'crc32');
    const object = { key: 'conditional/put.mp4', part, now, placementId: 'p', contentType: 'video/mp4' };
    const signed = await signedPut(makeTarget('crc32'), {
      ...object,
      leaseUntil: now + 60_000,
      ifNoneMatch: true,
    });
    expect((await send(signed, small)).status).toBe(200);
    const refused = await send(signed, small);
    expect([refused.status, await refused.text()]).toEqual([
      412,
      expect.stringContaining('PreconditionFailed'),
    ]);
    // Without the header the signature does not hold.
    const { 'if-none-match': _, ...headers } = signed.headers;
    expect((await send({ ...signed, headers }, small)).status).toBe(403);
  });
});
