/** The body of a part that comes through this Worker: it streams on into R2 and is verified on its way. */
import { crc32 } from 'node:zlib';
import { chunkHead, chunkTail } from '../../contract/encoding/aws-chunked.ts';
import { encodeCrc32 } from '../../contract/encoding/crc32.ts';
import { AppError } from '../../errors.ts';
import { readChunks } from './read-chunks.ts';

export interface PartBody {
  /** A byte stream, like the body of every request. */
  body: ReadableStream;
  /** Bytes of the part. */
  sizeBytes: number;
  /** Base64. Null when it follows the bytes as a trailer (aws-chunked.ts). */
  crc32: string | null;
}

/**
 * Passes the bytes of the part on, the last one only if the digest is right: R2 does not store a body that ends early. AppError
 * `digest_mismatch`.
 */
export async function pipeChecked(part: PartBody, out: WritableStream): Promise<void> {
  const writer = out.getWriter();
  try {
    await writer.write(await pipeButLast(part, writer));
    await writer.close();
  } catch (error) {
    const failure =
      error instanceof AppError
        ? error
        : new AppError('digest_mismatch', 'The connection ended within the part.');
    await writer.abort(failure).catch(() => undefined);
    throw failure;
  }
}

/** Returns the last byte, once the digest has been found right. */
async function pipeButLast(part: PartBody, writer: WritableStreamDefaultWriter): Promise<Uint8Array> {
  const { sizeBytes } = part;
  const headBytes = part.crc32 === null ? chunkHead(sizeBytes).length : 0;
  let position = 0;
  let sum = 0;
  /** What surrounds the bytes of the part. */
  let frame = '';
  let last = new Uint8Array();
  for await (const chunk of readChunks(part.body)) {
    const [from, to] = [headBytes, headBytes + sizeBytes].map((edge) =>
      Math.min(Math.max(edge - position, 0), chunk.byteLength),
    );
    const bytes = chunk.subarray(from, to);
    frame += asText(chunk.subarray(0, from)) + asText(chunk.subarray(to));
    position += chunk.byteLength;
    sum = crc32(bytes, sum);
    const isEnd = position >= headBytes + sizeBytes && bytes.byteLength > 0;
    if (isEnd) last = bytes.slice(-1);
    const ready = isEnd ? bytes.subarray(0, -1) : bytes;
    if (ready.byteLength > 0) await writer.write(ready);
  }
  if (position < headBytes + sizeBytes)
    throw new AppError('digest_mismatch', 'The part is shorter than its declared size.');
  checkEnd(part, frame, encodeCrc32(sum));
  return last;
}

function checkEnd({ sizeBytes, crc32: expected }: PartBody, frame: string, found: string): void {
  const hasTrailer = expected === null;
  if (!hasTrailer && frame !== '')
    throw new AppError('digest_mismatch', 'The part is longer than its declared size.');
  const isRight = hasTrailer ? frame === chunkHead(sizeBytes) + chunkTail(found) : expected === found;
  if (!isRight) throw new AppError('digest_mismatch');
}

function asText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
