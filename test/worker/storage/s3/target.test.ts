import { describe, expect, it } from 'vitest';
import { profileForHost } from '../../../../worker/storage/s3/provider-profiles.ts';
import { encodeKey } from '../../../../worker/storage/s3/encode-key.ts';
import { checkStorageClass } from '../../../../worker/storage/s3/provider-profiles.ts';
import { inRegion, objectUrl, s3Target, type TargetSettings } from '../../../../worker/storage/s3/target.ts';

const keys = { accessKeyId: 'a', secretAccessKey: 's' };
const url = (endpoint: string | null, region: string, bucket: string, key = 'videos/2024/my-video.mp4') =>
  objectUrl(s3Target({ endpoint, region, bucket }, keys), key);

describe('URLs of objects', () => {
  it.each([
    [
      null,
      'us-east-1',
      'your-bucket',
      'https://your-bucket.s3.us-east-1.amazonaws.com/videos/2024/my-video.mp4',
    ],
    [null, 'eu-west-1', 'my.dotted', 'https://s3.eu-west-1.amazonaws.com/my.dotted/videos/2024/my-video.mp4'],
    [null, 'us-east-1', 'Old_Name', 'https://s3.us-east-1.amazonaws.com/Old_Name/videos/2024/my-video.mp4'],
    [null, 'cn-north-1', 'bucket', 'https://bucket.s3.cn-north-1.amazonaws.com.cn/videos/2024/my-video.mp4'],
    [
      'https://acc.r2.cloudflarestorage.com',
      'auto',
      'media',
      'https://acc.r2.cloudflarestorage.com/media/videos/2024/my-video.mp4',
    ],
    [
      'https://fra1.digitaloceanspaces.com',
      'fra1',
      'media',
      'https://media.fra1.digitaloceanspaces.com/videos/2024/my-video.mp4',
    ],
    [
      'https://s3.eu-central-003.backblazeb2.com',
      'eu-central-003',
      'media',
      'https://s3.eu-central-003.backblazeb2.com/media/videos/2024/my-video.mp4',
    ],
    ['http://127.0.0.1:9000', 'us-east-1', 'media', 'http://127.0.0.1:9000/media/videos/2024/my-video.mp4'],
  ])('%s, %s, %s', (endpoint, region, bucket, expected) => {
    expect(url(endpoint, region, bucket)).toBe(expected);
  });

  it('are percent-encoded as SigV4 requires it', () => {
    expect(encodeKey("a b/ü+%/!'()*?#&=")).toBe('a%20b/%C3%BC%2B%25/%21%27%28%29%2A%3F%23%26%3D');
  });

  it('are never built from dot segments, which URL parsers resolve to another object', () => {
    expect(() => encodeKey('a/../b')).toThrow('dot segment');
    expect(() => encodeKey('.')).toThrow('dot segment');
    // Three dots, and an encoded dot as text, are ordinary names.
    expect(new URL(`https://h/${encodeKey('a/.../%2e%2e/b')}`).pathname).toBe('/a/.../%252e%252e/b');
  });
});

describe('profiles', () => {
  it.each([
    ['s3.us-east-1.amazonaws.com', 'Amazon S3'],
    ['s3-fips.us-gov-west-1.amazonaws.com', 'Amazon S3'],
    ['s3.amazonaws.com', 'Amazon S3'],
    ['s3-eu-west-1.amazonaws.com', 'Amazon S3'],
    ['s3.dualstack.ap-southeast-2.amazonaws.com', 'Amazon S3'],
    ['s3-accelerate.amazonaws.com', 'Amazon S3'],
    ['s3.cn-north-1.amazonaws.com.cn', 'Amazon S3'],
    ['bucket.vpce-0e25b8cdd720f900e-argc85vg.s3.us-east-1.vpce.amazonaws.com', 'Amazon S3'],
    ['s3.evilamazonaws.com', 'S3-compatible'],
    ['s3.gra.io.cloud.ovh.net', 'OVHcloud'],
    ['fsn1.your-objectstorage.com', 'Hetzner'],
    ['gateway.storjshare.io', 'Storj'],
    ['evilwasabisys.com', 'S3-compatible'],
    ['acc.r2.cloudflarestorage.com', 'Cloudflare R2'],
    ['acc.eu.r2.cloudflarestorage.com', 'Cloudflare R2'],
    ['S3.EU-CENTRAL-003.backblazeb2.com', 'Backblaze B2'],
    ['nyc3.digitaloceanspaces.com', 'DigitalOcean Spaces'],
    ['s3.eu-central-1.wasabisys.com', 'Wasabi'],
    ['s3.fr-par.scw.cloud', 'Scaleway'],
    ['storage.googleapis.com', 'Google Cloud Storage'],
    ['minio.example.com', 'S3-compatible'],
    ['amazonaws.com.attacker.example', 'S3-compatible'],
    ['s3.amazonaws.com.attacker.example', 'S3-compatible'],
    ['evilamazonaws.com', 'S3-compatible'],
  ])('%s is %s', (host, name) => {
    expect(profileForHost(host).name).toBe(name);
  });

  it('requests to R2 are signed for auto, whatever the configured region is', () => {
    expect(
      s3Target({ endpoint: 'https://acc.r2.cloudflarestorage.com', region: 'wnam', bucket: 'b' }, keys)
        .region,
    ).toBe('auto');
  });
});

const target = (settings: Partial<TargetSettings>) =>
  s3Target({ endpoint: null, region: 'us-east-1', bucket: 'media', ...settings }, keys);

describe('the region in signatures', () => {
  it.each<[string, Partial<TargetSettings>, string]>([
    ['is the configured one', { region: 'eu-west-1' }, 'eu-west-1'],
    ['is that of the host', { endpoint: 'https://s3.eu-west-1.amazonaws.com' }, 'eu-west-1'],
    ['is that of an old-style host', { endpoint: 'https://s3-eu-west-1.amazonaws.com' }, 'eu-west-1'],
    [
      'is that of a dual-stack host',
      { endpoint: 'https://s3.dualstack.eu-west-1.amazonaws.com' },
      'eu-west-1',
    ],
    ['is that of B2’s host', { endpoint: 'https://s3.us-west-004.backblazeb2.com' }, 'us-west-004'],
    ['is that of Wasabi’s host', { endpoint: 'https://s3.ap-northeast-1.wasabisys.com' }, 'ap-northeast-1'],
    ['is the configured one at Wasabi’s first host', { endpoint: 'https://s3.wasabisys.com' }, 'us-east-1'],
    ['is that of Scaleway’s host', { endpoint: 'https://s3.nl-ams.scw.cloud' }, 'nl-ams'],
    ['is the configured one at an unknown host', { endpoint: 'https://s3.eu.example.com' }, 'us-east-1'],
    ['is the learned region of the bucket', { learned: { regions: { media: 'eu-west-3' } } }, 'eu-west-3'],
    [
      'is the configured one for a bucket called constructor',
      { bucket: 'constructor', learned: { regions: {} } },
      'us-east-1',
    ],
    ['is not that of another bucket', { learned: { regions: { other: 'eu-west-3' } } }, 'us-east-1'],
  ])('%s', (_, settings, expected) => {
    expect(target(settings).region).toBe(expected);
  });

  it.each<[string | null, string]>([
    [null, 's3.eu-west-3.amazonaws.com'],
    ['https://s3.amazonaws.com', 's3.eu-west-3.amazonaws.com'],
    ['https://s3.dualstack.us-east-1.amazonaws.com', 's3.dualstack.eu-west-3.amazonaws.com'],
    ['https://s3-accelerate.amazonaws.com', 's3-accelerate.amazonaws.com'],
    ['https://s3.us-east-1.wasabisys.com', 's3.eu-west-3.wasabisys.com'],
    ['https://minio.us-east-1.example:9000', 'minio.us-east-1.example:9000'],
  ])('changes the host of %s to %s', (endpoint, host) => {
    const moved = inRegion(target({ endpoint }), 'eu-west-3');
    expect([moved.region, moved.endpoint.host]).toEqual(['eu-west-3', host]);
  });
});

describe('the bucket in a URL', () => {
  it.each<[string, Partial<TargetSettings>, string]>([
    ['is in the path when the settings say so', { addressing: 'path' }, 's3.us-east-1.amazonaws.com/media/k'],
    [
      'is in the host when the settings say so',
      { endpoint: 'https://minio.example:9000', addressing: 'virtual' },
      'media.minio.example:9000/k',
    ],
    [
      'is in the host even with dots when the settings say so',
      { endpoint: 'https://minio.example', addressing: 'virtual', bucket: 'my.media' },
      'my.media.minio.example/k',
    ],
    [
      'is in the path when it is not a valid host name',
      { addressing: 'virtual', bucket: 'Old_Name' },
      's3.us-east-1.amazonaws.com/Old_Name/k',
    ],
    [
      'is in the path when the endpoint is an IP address',
      { endpoint: 'https://203.0.113.9', addressing: 'virtual' },
      '203.0.113.9/media/k',
    ],
    [
      'is in the host once when the configured endpoint contains it',
      { endpoint: 'https://media.s3.eu-west-1.amazonaws.com' },
      'media.s3.eu-west-1.amazonaws.com/k',
    ],
    [
      'is not removed from the host of an unknown provider',
      { endpoint: 'https://media.example.com' },
      'media.example.com/media/k',
    ],
  ])('%s', (_, settings, expected) => {
    expect(objectUrl(target(settings), 'k')).toBe(`https://${expected}`);
  });
});

describe('storage classes', () => {
  it.each([
    ['https://s3.us-east-1.amazonaws.com', 'INTELLIGENT_TIERING', true],
    ['https://acc.r2.cloudflarestorage.com', 'STANDARD_IA', true],
    ['https://s3.us-west-004.backblazeb2.com', 'STANDARD_IA', false],
    ['https://fra1.digitaloceanspaces.com', 'GLACIER', false],
    ['https://minio.example', 'WHATEVER_IT_IS', true],
  ])('of %s: %s %s', (endpoint, storageClass, ok) => {
    expect(checkStorageClass(target({ endpoint }).profile, storageClass).ok).toBe(ok);
  });

  it('that a provider does not have are refused with the list of those it has', () => {
    const { profile } = target({ endpoint: 'https://acc.r2.cloudflarestorage.com' });
    expect(checkStorageClass(profile, 'GLACIER')).toEqual({ ok: false, known: ['STANDARD', 'STANDARD_IA'] });
  });
});

describe('metadata', () => {
  const header = (text: string) => target({ metadata: { Title: text } }).object.sent['x-amz-meta-title']!;
  const decode = (words: string) =>
    words
      .split(' ')
      .map((word) => {
        const base64 = /^=\?UTF-8\?B\?(.*)\?=$/.exec(word)![1]!;
        return new TextDecoder().decode(
          Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
        );
      })
      .join('');

  it.each(['plain text', '', 'a=b; "c"'])('in ASCII is sent as it is: %s', (text) => {
    expect(header(text)).toBe(text);
  });

  it.each(['ü', 'AC\u0000DC', ' two  blanks ', '世界 🎬 '.repeat(40), 'line\r\nx-amz-acl: public-read'])(
    'in other characters is sent as encoded words that decode to the same text: %j',
    (text) => {
      expect(header(text)).toMatch(/^[!-~]+(?: [!-~]+)*$/);
      expect(
        header(text)
          .split(' ')
          .every((word) => word.length <= 75),
      ).toBe(true);
      expect(decode(header(text))).toBe(text);
    },
  );
});
