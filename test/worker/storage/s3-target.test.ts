import { describe, expect, it } from 'vitest';
import { profileForHost } from '../../../worker/storage/provider-profiles.ts';
import { encodeKey } from '../../../worker/storage/encode-key.ts';
import { objectUrl, s3Target } from '../../../worker/storage/s3-target.ts';

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

  it('are encoded as signatures canonicalise them', () => {
    expect(encodeKey("a b/ü+%/!'()*?#&=")).toBe('a%20b/%C3%BC%2B%25/%21%27%28%29%2A%3F%23%26%3D');
  });

  it('are never built from dot segments, which parsers turn into another object', () => {
    expect(() => encodeKey('a/../b')).toThrow('dot segment');
    expect(() => encodeKey('.')).toThrow('dot segment');
    // Three dots, and an encoded dot as text, are names like any other.
    expect(new URL(`https://h/${encodeKey('a/.../%2e%2e/b')}`).pathname).toBe('/a/.../%252e%252e/b');
  });
});

describe('profiles', () => {
  it.each([
    ['s3.us-east-1.amazonaws.com', 'Amazon S3'],
    ['s3-fips.us-gov-west-1.amazonaws.com', 'Amazon S3'],
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

  it('R2 signs for auto, whatever region was typed in', () => {
    expect(
      s3Target({ endpoint: 'https://acc.r2.cloudflarestorage.com', region: 'wnam', bucket: 'b' }, keys)
        .region,
    ).toBe('auto');
  });
});
