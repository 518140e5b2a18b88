import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../worker/config.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { toSettings } from '../../../../worker/storage/destinations/settings.ts';

const BASE = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  bucket: 'your-bucket',
  region: 'us-east-1',
};
const config = parseConfig(env);
const settingsOf = (values: object) => toSettings(config, DestinationInput.parse({ ...BASE, ...values }));
/** The first refusal, by the schema or by `toSettings`. */
function refusalOf(values: object): string {
  const parsed = DestinationInput.safeParse({ ...BASE, ...values });
  if (!parsed.success) return parsed.error.issues.map(({ message }) => message).join('; ');
  try {
    toSettings(config, parsed.data);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'accepted';
}

describe('every setting is stored', () => {
  it.each([
    [{ storageClass: ' standard_ia ' }, { storageClass: 'STANDARD_IA' }],
    [{ acl: 'public-read' }, { acl: 'public-read' }],
    [{ sse: { type: 'AES256' } }, { sse: { type: 'AES256' } }],
    [
      { sse: { type: 'aws:kms', kmsKeyId: ' alias/media ' } },
      { sse: { type: 'aws:kms', kmsKeyId: 'alias/media' } },
    ],
    [{ sse: { type: 'aws:kms' } }, { sse: { type: 'aws:kms' } }],
    [{ tags: { 'cost center': 'Köln/1+1=2@home' } }, { tags: { 'cost center': 'Köln/1+1=2@home' } }],
    [{ metadata: { artist: 'Björk', year: '1993' } }, { metadata: { artist: 'Björk', year: '1993' } }],
    [{ expectedBucketOwner: ' 123456789012\n' }, { expectedBucketOwner: '123456789012' }],
    [{ publicBaseUrl: 'https://cdn.example.com/media/' }, { publicBaseUrl: 'https://cdn.example.com/media' }],
    [{ presignedUrlSeconds: 604_800 }, { presignedUrlSeconds: 604_800 }],
    [{ addressing: 'path' }, { addressing: 'path' }],
    [{ fallback: 'none' }, { fallback: 'none' }],
    [{ allowedBuckets: ['a-bucket', 'Old_Bucket.1'] }, { allowedBuckets: ['a-bucket', 'Old_Bucket.1'] }],
    [{ defaultPathPrefix: '/by/{uploader}/' }, { defaultPathPrefix: 'by/{uploader}' }],
  ])('%j', (values, expected) => {
    expect(settingsOf(values)).toMatchObject(expected);
  });

  it('is unset when it is left out, empty or null', () => {
    const unset = {
      endpoint: null,
      defaultPathPrefix: null,
      storageClass: null,
      acl: null,
      sse: null,
      tags: null,
      metadata: null,
      expectedBucketOwner: null,
      publicBaseUrl: null,
      presignedUrlSeconds: null,
      addressing: 'auto',
      fallback: 'service',
      allowedBuckets: null,
    };
    const { addressing, fallback, ...nullable } = unset;
    const empty = {
      endpoint: '',
      defaultPathPrefix: ' ',
      storageClass: '',
      expectedBucketOwner: '',
      publicBaseUrl: '',
    };
    for (const values of [{}, { ...nullable, addressing: null, fallback: null }, empty]) {
      expect(settingsOf(values)).toMatchObject({ ...unset, addressing, fallback });
    }
  });
});

describe('a save', () => {
  it.each<[string, object, RegExp]>([
    [
      'a storage class that Amazon does not have',
      { storageClass: 'NEARLINE' },
      /Amazon S3 has no NEARLINE; it has STANDARD, /,
    ],
    [
      'a storage class that the provider does not have',
      { storageClass: 'GLACIER', endpoint: 'https://acc.r2.cloudflarestorage.com' },
      /storageClass: Cloudflare R2 has no GLACIER; it has STANDARD, STANDARD_IA$/,
    ],
    ['an invalid storage class', { storageClass: 'STANDARD\r\nx: y' }, /name of a storage class/],
    ['an ACL for buckets', { acl: 'log-delivery-write' }, /private/],
    ['a KMS key with AES256', { sse: { type: 'AES256', kmsKeyId: 'x' } }, /kmsKeyId/],
    ['a KMS key with a line break', { sse: { type: 'aws:kms', kmsKeyId: 'a\nb' } }, /ID, alias or ARN/],
    ['an unknown encryption type', { sse: { type: 'aws:kms:dsse' } }, /AES256.*aws:kms/],
    [
      'eleven tags',
      { tags: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`t${i}`, ''])) },
      /at most 10/,
    ],
    ['a tag without a key', { tags: { '': 'x' } }, /key for every tag/],
    ['a tag with a reserved key', { tags: { 'aws:x': '1' } }, /aws:/],
    ['a tag key of 129 characters', { tags: { ['ü'.repeat(129)]: '1' } }, /128/],
    ['a tag value of 257 characters', { tags: { a: 'ü'.repeat(257) } }, /256/],
    ['a tag with other characters', { tags: { a: 'x&y' } }, /letters, digits/],
    ['metadata with capitals in a name', { metadata: { Artist: 'x' } }, /lower-case/],
    ['metadata with a line break', { metadata: { a: 'x\r\ny: z' } }, /one line/],
    ['metadata with an unpaired surrogate', { metadata: { a: '\ud800' } }, /one line/],
    ['metadata with a reserved name', { metadata: { 'importly-upload': 'x' } }, /importly-/],
    ['metadata that is too long', { metadata: { a: 'x'.repeat(2048) } }, /longer than/],
    ['metadata that is too long once encoded', { metadata: { a: 'ü'.repeat(700) } }, /longer than/],
    ['an owner that is not an account id', { expectedBucketOwner: '12345' }, /12 digits/],
    [
      'a base URL with plain http',
      { publicBaseUrl: 'http://cdn.example.com' },
      /publicBaseUrl must be an https URL/,
    ],
    ['a base URL with a query', { publicBaseUrl: 'https://cdn.example.com/?x=1' }, /query/],
    ['a base URL with credentials', { publicBaseUrl: 'https://a:b@cdn.example.com' }, /credentials/],
    [
      'a base URL with a private address',
      { publicBaseUrl: 'https://10.0.0.5/' },
      /address of the endpoint is not allowed/,
    ],
    ['a base URL without a scheme', { publicBaseUrl: 'cdn.example.com' }, /https URL/],
    [
      'presigned links together with a CDN',
      { publicBaseUrl: 'https://c.example.com', presignedUrlSeconds: 60 },
      /one host/,
    ],
    ['presigned links for eight days', { presignedUrlSeconds: 691_200 }, /604800/],
    ['presigned links for zero seconds', { presignedUrlSeconds: 0 }, />=1|at least/],
    ['a prefix with an unknown placeholder', { defaultPathPrefix: '{tilte}' }, /no placeholder \{tilte\}/],
    ['a bucket that looks like an address', { bucket: '192.168.5.4' }, /IP address/],
    ['a bucket of two characters', { bucket: 'ab' }, /must be the name of the bucket/],
    ['an allowed bucket with an invalid name', { allowedBuckets: ['a/b'] }, /must be the name of the bucket/],
    ['a token with a line break', { sessionToken: 'a\nb' }, /blanks/],
  ])('refuses %s', (_name, values, message) => {
    expect(refusalOf(values)).toMatch(message);
  });
});
