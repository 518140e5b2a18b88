/** Sends bodies of any size piece by piece, so that the server itself needs no memory. */
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { drained, type Handler } from '../../support/http-source.ts';

const PIECE_BYTES = 256 * 1024;
const ZEROS = Buffer.alloc(PIECE_BYTES);

/** A stretch of a body: these bytes, or a number of zeros. */
export type Stretch = Buffer | number;

export const lengthOf = (body: readonly Stretch[]): number =>
  body.reduce<number>((sum, stretch) => sum + (typeof stretch === 'number' ? stretch : stretch.length), 0);

/** The bytes of a body from `start` up to `end`, piece by piece. */
export function* pieces(body: Iterable<Stretch>, start = 0, end = Infinity): Generator<Buffer> {
  let offset = 0;
  for (const stretch of body) {
    const length = typeof stretch === 'number' ? stretch : stretch.length;
    const to = Math.min(length, end - offset);
    for (let at = Math.max(0, start - offset); at < to; at += PIECE_BYTES) {
      const bytes = Math.min(PIECE_BYTES, to - at);
      yield typeof stretch === 'number' ? ZEROS.subarray(0, bytes) : stretch.subarray(at, at + bytes);
    }
    offset += length;
  }
}

/** As a fast source in a network sends it. More would only show how many bytes the processors of this machine can move. */
const BYTES_PER_MS = 40 * 1024;

/** Writes all pieces with back-pressure. Stops when the client has disconnected. */
export async function write(response: ServerResponse, body: Iterable<Buffer>): Promise<void> {
  const startedMs = performance.now();
  let sentBytes = 0;
  for (const piece of body) {
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
    sentBytes += piece.length;
    const aheadMs = sentBytes / BYTES_PER_MS - (performance.now() - startedMs);
    if (aheadMs > 5) await delay(aheadMs);
  }
  response.end();
}

/** A whole body without ranges. */
export function streamed(contentType: string, body: readonly Stretch[]): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': lengthOf(body) });
    return write(response, pieces(body));
  };
}

/** A body with ranges. After `sentBytes`, in all answers together, the server says that the file is gone. */
export function vanishing(contentType: string, body: readonly Stretch[], sentBytes: number): Handler {
  const sizeBytes = lengthOf(body);
  let sent = 0;
  return async (request, response) => {
    if (sent > sentBytes) return void response.writeHead(404).end();
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = range?.[2] ? Math.min(Number(range[2]) + 1, sizeBytes) : sizeBytes;
    response.writeHead(range ? 206 : 200, {
      'Content-Type': contentType,
      'Content-Length': end - start,
      'Accept-Ranges': 'bytes',
      ETag: '"constant"',
      ...(range ? { 'Content-Range': `bytes ${start}-${end - 1}/${sizeBytes}` } : {}),
    });
    const counted = function* () {
      for (const piece of pieces(body, start, end)) {
        sent += piece.length;
        if (sent > sentBytes) return void response.destroy();
        yield piece;
      }
    };
    await write(response, counted());
  };
}
