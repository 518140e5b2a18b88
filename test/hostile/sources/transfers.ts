/** Answers whose way over the network costs their reader time or memory. */
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { cutFile, redirect, type Handler } from '../../support/http-source.ts';
import { makeWav, wavHeader } from '../../support/wav.ts';

const MIB = 1024 * 1024;

/** One byte a second, after those that show the type of the file. */
const drip: Handler = async (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': 64 * MIB });
  response.write(Buffer.concat([wavHeader(64 * MIB), Buffer.alloc(70 * 1024)]));
  while (!response.destroyed) {
    await delay(1000, undefined, { ref: false });
    response.write('x');
  }
};

/** Header fields of a megabyte. */
const headers: Handler = (request) => {
  const field = `X-Field: ${'a'.repeat(8000)}\r\n`;
  request.socket.end(`HTTP/1.1 200 OK\r\n${field.repeat(128)}\r\n`);
};

/** A file that unpacks to a thousand times its size. */
const packed: Handler = (_request, response) => {
  const body = gzipSync(Buffer.concat([wavHeader(64 * MIB), Buffer.alloc(64 * MIB)]));
  response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Encoding': 'gzip' }).end(body);
};

/** By path. */
export const TRANSFERS: Record<string, Handler> = {
  '/drip.wav': drip,
  '/headers.wav': headers,
  '/packed.wav': packed,
  '/loop.wav': redirect('/loop.wav'),
  '/cut.wav': cutFile(makeWav(16 * MIB), 9 * MIB),
};
