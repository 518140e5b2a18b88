/**
 * A source in its own process, so that its cost is not counted: a valid WAV file of any size, generated while it is
 * sent. Usage: `node wav-source.ts <sizeBytes>`. Sends its port to its parent through the IPC channel.
 */
import { randomFillSync } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { drained } from '../support/http-source.ts';
import { wavHeader } from '../support/wav.ts';

const sizeBytes = Number(process.argv[2]);
/** Noise whose period differs from every part size, so that swapped parts change a digest. */
const noise = randomFillSync(Buffer.alloc(1_000_004));
const header = wavHeader(sizeBytes);

function pieceAt(offset: number, end: number): Buffer {
  if (offset < header.length) return header.subarray(offset, Math.min(header.length, end));
  const start = (offset - header.length) % noise.length;
  return noise.subarray(start, Math.min(noise.length, start + end - offset, start + 256 * 1024));
}

async function send(response: ServerResponse, start: number, end: number): Promise<void> {
  for (let offset = start; offset < end && !response.destroyed;) {
    const piece = pieceAt(offset, end);
    offset += piece.length;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

const server = createServer((request, response) => {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(match?.[1] ?? 0);
  const end = match?.[2] ? Math.min(Number(match[2]) + 1, sizeBytes) : sizeBytes;
  const headers = { 'Content-Type': 'audio/wav', ETag: '"bench"', 'Content-Length': end - start };
  if (match)
    response.writeHead(206, { ...headers, 'Content-Range': `bytes ${start}-${end - 1}/${sizeBytes}` });
  else response.writeHead(200, headers);
  void send(response, start, end).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
