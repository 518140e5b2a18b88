/** Writes one request to a socket. */
import type { Socket } from 'node:net';
import { errors } from 'undici';
import type { HttpRequest } from './exchange.ts';

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** Latin-1 without control characters. Of other characters, only the low byte would be sent, which may be a line break. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export interface WriteOptions {
  /** Whether somebody still waits for the answer. */
  isWanted: () => boolean;
  /** Called when the head is written. */
  onBegun: () => void;
}

/**
 * Resolves when everything has been handed to the socket, or when nobody wants the answer any more. Throws what the body
 * throws, and InvalidArgumentError for a header that is none.
 */
export async function writeRequest(
  socket: Socket,
  request: HttpRequest,
  { isWanted, onBegun }: WriteOptions,
): Promise<void> {
  const head = requestHead(request);
  if (!request.body) {
    socket.write(head, 'latin1');
    onBegun();
    return;
  }
  const pieces = request.body[Symbol.asyncIterator]();
  try {
    let piece = await pieces.next();
    // Together with the first bytes, so that they leave in one packet.
    socket.cork();
    socket.write(head, 'latin1');
    onBegun();
    for (; !piece.done && isWanted(); piece = await pieces.next()) {
      socket.write(piece.value);
      socket.uncork();
      if (socket.writableNeedDrain) await drained(socket);
    }
    socket.uncork();
  } finally {
    await pieces.return?.();
  }
}

function requestHead({ method, url, headers }: HttpRequest): string {
  const fields = Object.entries({ host: url.host, connection: 'keep-alive', ...headers });
  const lines = fields.map(([name, value]) => {
    if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(value))
      throw new errors.InvalidArgumentError(`invalid header ${name}`);
    return `${name}: ${value}\r\n`;
  });
  return `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Resolves when the socket takes more bytes, or has ended. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.once('drain', done).once('close', done);
    if (socket.destroyed) done();
  });
}
