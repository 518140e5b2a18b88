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

/**
 * The CRC-32 of a part in 8 base64 characters: of one that is sent through the Worker, or of the only part of a file that is announced when its
 * bytes have come in. Workers of earlier versions ignore it there.
 */
export const PART_CRC32_HEADER = 'x-importly-crc32';
