/** Reads and digests the bytes that a stand-in receives. */
import type { IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';

/** As S3 writes it. */
export function crc32Base64(bytes: Buffer): string {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(crc32(bytes));
  return buffer.toString('base64');
}

/** The body of a request. */
export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
