/** The optional headers of new objects: what the settings ask for, without what the provider refuses. Pure. */
import { toBase64 } from '../../contract/encoding/base64.ts';
import type { DestinationRow } from '../../db/rows.ts';
import type { ProviderProfile } from './provider-table.ts';
import { encodeRfc3986 } from './encode-key.ts';

/** The settings that become headers of new objects. */
export type ObjectSettings = Partial<
  Pick<DestinationRow, 'storageClass' | 'acl' | 'sse' | 'tags' | 'metadata'>
>;

/** Metadata with the id of the upload, which distinguishes our object from another one with the same key and size. */
export const UPLOAD_HEADER = 'x-amz-meta-importly-upload';
export const CLASS_HEADER = 'x-amz-storage-class';
const ACL_HEADER = 'x-amz-acl';
const SSE_HEADER = 'x-amz-server-side-encryption';
const KMS_KEY_HEADER = 'x-amz-server-side-encryption-aws-kms-key-id';
const TAGS_HEADER = 'x-amz-tagging';

/** Bytes of text in one encoded word. A word has at most 75 characters (RFC 2047, section 2), and base64 takes 4 for 3 bytes. */
const ENCODED_WORD_BYTES = 45;

/** Headers to send, and headers that this provider is known to refuse. */
export interface ObjectHeaders {
  sent: Record<string, string>;
  /** Names of the headers that are left out. */
  omitted: string[];
}

/** The headers for CreateMultipartUpload and PutObject. `unsupported` has the names that the provider has refused before. */
export function objectHeaders(
  settings: ObjectSettings,
  profile: Pick<ProviderProfile, 'acl' | 'tags' | 'encryption'>,
  unsupported: readonly string[],
): ObjectHeaders {
  const wanted = wantedHeaders(settings);
  const omitted = Object.keys(wanted).filter(
    (name) => mayOmit(name, wanted) && (unsupported.includes(name) || isRefused(name, wanted[name], profile)),
  );
  const sent = Object.entries(wanted).filter(([name]) => !omitted.includes(name));
  return { sent: Object.fromEntries(sent), omitted };
}

/**
 * Whether an object may be stored without the header. Not without a storage class, which changes the costs, and not
 * without a KMS key, which decides who can read the object.
 */
function mayOmit(name: string, headers: Record<string, string>): boolean {
  return name === ACL_HEADER || name === TAGS_HEADER || (name === SSE_HEADER && headers[name] === 'AES256');
}

/** Separates the headers that an object may be stored without from the others. */
export function splitHeaders(headers: Record<string, string>) {
  const [optional, needed] = [true, false].map((isWanted) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => mayOmit(name, headers) === isWanted)),
  );
  return { optional: optional ?? {}, needed: needed ?? {} };
}

/** Permissions that these headers need in addition to s3:PutObject (S3, "Required permissions for Amazon S3 API operations"). */
export function extraRights(headers: Record<string, string>): string[] {
  const rights = [];
  if (ACL_HEADER in headers) rights.push('s3:PutObjectAcl');
  if (TAGS_HEADER in headers) rights.push('s3:PutObjectTagging');
  if (headers[SSE_HEADER] === 'aws:kms') rights.push('kms:GenerateDataKey', 'kms:Decrypt');
  return rights;
}

function wantedHeaders({ storageClass, acl, sse, tags, metadata }: ObjectSettings): Record<string, string> {
  const headers: Record<string, string> = {};
  if (storageClass) headers[CLASS_HEADER] = storageClass;
  if (acl) headers[ACL_HEADER] = acl;
  if (sse) headers[SSE_HEADER] = sse.type;
  if (sse?.kmsKeyId) headers[KMS_KEY_HEADER] = sse.kmsKeyId;
  const tagList = Object.entries(tags ?? {}).map((tag) => tag.map(encodeRfc3986).join('='));
  if (tagList.length > 0) headers[TAGS_HEADER] = tagList.join('&');
  for (const [name, value] of Object.entries(metadata ?? {}))
    headers[`x-amz-meta-${name.toLowerCase()}`] = asciiText(value);
  return headers;
}

function isRefused(
  name: string,
  value: string | undefined,
  profile: Pick<ProviderProfile, 'acl' | 'tags' | 'encryption'>,
): boolean {
  if (name === ACL_HEADER) return profile.acl === 'no';
  if (name === TAGS_HEADER) return profile.tags === 'no';
  return profile.encryption !== null && !profile.encryption.some((type) => type === value);
}

/**
 * Metadata must be ASCII. Other text becomes encoded words of RFC 2047, as S3 itself returns it. The same applies to
 * leading, trailing and repeated blanks, which the signature would not preserve.
 */
function asciiText(text: string): string {
  if (/^[!-~]*(?: [!-~]+)*$/.test(text)) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (utf8.encode(word + character).length > ENCODED_WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((part) => `=?UTF-8?B?${toBase64(utf8.encode(part))}?=`).join(' ');
}

const utf8 = new TextEncoder();
