/** Decodes bodies whose checksum follows as a trailer (S3, "Using trailing checksums"): unsigned chunks of `aws-chunked`. */
import { S3Error } from '../s3-error.ts';
import type { WireRequest } from './wire-request.ts';

export const UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** The bytes of the object, and the trailer that the request announces. */
export type TrailedBody = { body: Buffer; trailer: readonly [string, string] };

function incomplete(): S3Error {
  return new S3Error('IncompleteBody');
}

/** Reads lines and bytes from the start to the end. */
function readerOf(raw: Buffer) {
  let position = 0;
  const bytes = (length: number): Buffer => {
    if (position + length > raw.length) throw incomplete();
    position += length;
    return raw.subarray(position - length, position);
  };
  const line = (): string => {
    const end = raw.indexOf('\r\n', position);
    if (end === -1) throw incomplete();
    const text = raw.toString('latin1', position, end);
    position = end + 2;
    return text;
  };
  return { bytes, line, isAtEnd: () => position === raw.length };
}

function readChunks(reader: ReturnType<typeof readerOf>): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const size = /^[0-9a-f]{1,10}$/i.exec(reader.line());
    if (!size) throw incomplete();
    const length = Number.parseInt(size[0], 16);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(reader.bytes(length));
    if (reader.line() !== '') throw incomplete();
  }
}

/** Throws the S3Error of a body that ends early, has another length than announced, or lacks the announced trailer. */
export function readTrailedBody({ headers }: WireRequest, raw: Buffer): TrailedBody {
  const announced = headers.get('x-amz-trailer')?.toLowerCase() ?? '';
  const reader = readerOf(raw);
  const body = readChunks(reader);
  if (headers.get('x-amz-decoded-content-length') !== String(body.length)) throw incomplete();
  const [name = '', value = ''] = reader.line().split(':');
  if (reader.line() !== '' || !reader.isAtEnd()) throw incomplete();
  if (!announced.startsWith('x-amz-checksum-') || name.toLowerCase() !== announced)
    throw new S3Error('InvalidRequest', {
      message: 'The value specified in the x-amz-trailer header is not supported',
    });
  return { body, trailer: [announced, value.trim()] };
}
