/**
 * The body of a part whose CRC-32 follows as a trailer: one chunk of the `aws-chunked` encoding (S3, "Using trailing checksums").
 * Imports nothing.
 */

/** Lower-case name of the trailer, also sent as `x-amz-trailer`. */
export const TRAILER_NAME = 'x-amz-checksum-crc32';
/** Characters of a CRC-32 in base64. */
const CRC32_CHARACTERS = 8;

/** What precedes the bytes of the part. */
export function chunkHead(sizeBytes: number): string {
  return `${sizeBytes.toString(16)}\r\n`;
}

/** What follows the bytes of the part: the end of the chunks, and the trailer. `crc32` is base64. */
export function chunkTail(crc32: string): string {
  return `\r\n0\r\n${TRAILER_NAME}:${crc32}\r\n\r\n`;
}

/** The length of the whole body, in bytes. */
export function chunkedLength(sizeBytes: number): number {
  return chunkHead(sizeBytes).length + sizeBytes + chunkTail('='.repeat(CRC32_CHARACTERS)).length;
}
