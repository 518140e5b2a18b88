/** Checks the headers of a new object, and selects those that are stored. */
import type { Call } from './call.ts';
import { S3Error } from '../s3-error.ts';

/** Longest key, in bytes of UTF-8 (S3, "Naming Amazon S3 objects"). */
const MAX_KEY_BYTES = 1024;
/** Tags of one object, and lengths of names and values (S3, "Categorizing your objects using tags"). */
const MAX_TAGS = 10;
const MAX_TAG_NAME = 128;
const MAX_TAG_VALUE = 256;

const KEPT = new Set([
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-amz-acl',
  'x-amz-storage-class',
  'x-amz-tagging',
]);
const KEPT_PREFIXES = ['x-amz-meta-', 'x-amz-server-side-encryption'];

/** The headers that are stored with the object. */
export function keptHeaders(headers: ReadonlyMap<string, string>): Map<string, string> {
  const isKept = (name: string) => KEPT.has(name) || KEPT_PREFIXES.some((prefix) => name.startsWith(prefix));
  return new Map([...headers].filter(([name]) => isKept(name)));
}

function checkMetadataSize(call: Call): void {
  const metadata = [...call.headers].filter(([name]) => name.startsWith('x-amz-meta-'));
  const sizes = metadata.map(([name, value]) => Buffer.byteLength(name.slice('x-amz-meta-'.length) + value));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total > call.profile.metadataMaxBytes) throw new S3Error('MetadataTooLarge');
}

function checkTags(text: string): void {
  const tags = [...new URLSearchParams(text)];
  const isValid = tags.every(
    ([name, value]) => name !== '' && name.length <= MAX_TAG_NAME && value.length <= MAX_TAG_VALUE,
  );
  if (!isValid || new Set(tags.map(([name]) => name)).size !== tags.length) throw new S3Error('InvalidTag');
  if (tags.length > MAX_TAGS)
    throw new S3Error('BadRequest', { message: 'Object tags cannot be greater than 10' });
}

/** Refuses a KMS key without KMS. */
function checkEncryption(headers: ReadonlyMap<string, string>): void {
  const keyId = headers.get('x-amz-server-side-encryption-aws-kms-key-id');
  if (keyId !== undefined && !headers.get('x-amz-server-side-encryption')?.startsWith('aws:kms')) {
    const message =
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms';
    throw new S3Error('InvalidArgument', { message });
  }
}

/** Throws the S3Error for a wrong key, metadata, tags, ACL or encryption. */
export function checkNewObject(call: Call): void {
  if (Buffer.byteLength(call.key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError');
  checkMetadataSize(call);
  checkTags(call.headers.get('x-amz-tagging') ?? '');
  checkEncryption(call.headers);
  const acl = call.headers.get('x-amz-acl');
  if (call.bucket.hasAclsDisabled && acl !== undefined && acl !== 'bucket-owner-full-control') {
    throw new S3Error('AccessControlListNotSupported');
  }
}
