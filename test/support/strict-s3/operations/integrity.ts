/** Checks the digests of a body: payload hash, Content-MD5, x-amz-checksum-*. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Error } from '../s3-error.ts';
import { sha256Hex, UNSIGNED_PAYLOAD } from '../signing/sigv4.ts';

/** Base64 CRC-32 in big-endian, the form of x-amz-checksum-crc32. */
export function crc32Base64(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

const DIGESTS: Record<string, (body: Buffer) => string> = {
  'x-amz-checksum-crc32': crc32Base64,
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest('base64'),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest('base64'),
};

/** Names under x-amz-checksum- that are not digests. */
const NO_DIGESTS = new Set(['x-amz-checksum-algorithm', 'x-amz-checksum-type', 'x-amz-checksum-mode']);

/** Quoted hex MD5, as S3 names whole objects and parts. */
export function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function isBase64Of(text: string, lengthBytes: number): boolean {
  return Buffer.from(text, 'base64').length === lengthBytes && /^[A-Za-z0-9+/]+=*$/.test(text);
}

function checkContentMd5(expected: string, body: Buffer): void {
  if (!isBase64Of(expected, 16)) throw new S3Error('InvalidDigest');
  if (createHash('md5').update(body).digest('base64') === expected) return;
  throw new S3Error('BadDigest', {
    message: 'The Content-MD5 you specified did not match what we received.',
  });
}

function checkChecksum(name: string, expected: string, body: Buffer): void {
  const digest = DIGESTS[name];
  // Node has neither CRC-32C nor CRC-64/NVME, so the stand-in refuses them.
  if (!digest) throw new S3Error('NotImplemented', { detail: { Header: name } });
  const actual = digest(body);
  if (!isBase64Of(expected, Buffer.from(actual, 'base64').length)) {
    throw new S3Error('InvalidRequest', { message: `Value for ${name} header is invalid.` });
  }
  if (actual === expected) return;
  const algorithm = name.slice('x-amz-checksum-'.length).toUpperCase();
  throw new S3Error('BadDigest', {
    message: `The ${algorithm} you specified did not match the calculated checksum.`,
  });
}

/** The one x-amz-checksum-* digest of the headers; more than one is InvalidRequest. */
export function checksumHeader(headers: ReadonlyMap<string, string>): readonly [string, string] | null {
  const found = [...headers].filter(([name]) => name.startsWith('x-amz-checksum-') && !NO_DIGESTS.has(name));
  if (found.length <= 1) return found[0] ?? null;
  throw new S3Error('InvalidRequest', { message: 'Expecting a single x-amz-checksum- header.' });
}

/** Checks the payload hash of the signature against the body. Signed chunks are refused earlier. */
export function checkPayloadHash(payloadHash: string, body: Buffer): void {
  if (payloadHash === UNSIGNED_PAYLOAD) return;
  const actual = sha256Hex(body);
  if (actual === payloadHash) return;
  const detail = { ClientComputedContentSHA256: payloadHash, S3ComputedContentSHA256: actual };
  throw new S3Error('XAmzContentSHA256Mismatch', { detail });
}

/** Checks Content-MD5 and the checksum header against the body. */
export function checkBodyDigests(headers: ReadonlyMap<string, string>, body: Buffer): void {
  const contentMd5 = headers.get('content-md5');
  if (contentMd5 !== undefined) checkContentMd5(contentMd5, body);
  const checksum = checksumHeader(headers);
  if (checksum) checkChecksum(checksum[0], checksum[1], body);
}
