/** What both sides of a signed dispatch agree on; signing and checking are theirs. Imports nothing. */

export const TIMESTAMP_HEADER = 'x-importly-timestamp';
export const SIGNATURE_HEADER = 'x-importly-signature';
/** How far the clocks of Worker and downloader may differ, in seconds, either way (as Standard Webhooks). */
export const SIGNATURE_TOLERANCE_SECONDS = 300;

/** Bytes under the Ed25519 signature: timestamp (unix seconds), method, path with query, and the body as sent. */
export function dispatchBytes(
  timestamp: string,
  method: string,
  path: string,
  body: string,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode([timestamp, method.toUpperCase(), path, body].join('\n')));
}

/** Header of a part sent through the Worker: CRC-32 of the part, 8 base64 characters. */
export const PART_CRC32_HEADER = 'x-importly-crc32';
