/** The format of a signed dispatch, which the Worker signs and the downloader verifies. Imports nothing. */

export const TIMESTAMP_HEADER = 'x-importly-timestamp';
export const SIGNATURE_HEADER = 'x-importly-signature';
/** Maximum difference between the clocks of Worker and downloader, in seconds (as in Standard Webhooks). */
export const SIGNATURE_TOLERANCE_SECONDS = 300;

/** The bytes that are signed with Ed25519: timestamp (Unix seconds), method, path with query, and the body as sent. */
export function dispatchBytes(
  timestamp: string,
  method: string,
  path: string,
  body: string,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode([timestamp, method.toUpperCase(), path, body].join('\n')));
}

/** Header of a part that is sent through the Worker: its CRC-32 in 8 base64 characters. */
export const PART_CRC32_HEADER = 'x-importly-crc32';
