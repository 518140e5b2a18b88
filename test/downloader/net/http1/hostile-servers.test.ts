/** Servers that do not keep to the order of requests and answers, or that send without an end. */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openSocket } from '../../../../downloader/net/guarded-connect.ts';
import { HttpAgent } from '../../../../downloader/net/http1/http-agent.ts';
import { agentFor, endNetwork } from '../network.ts';
import { ask, serveBytes } from './byte-server.ts';

afterEach(endNetwork);

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const INTERIM = 'HTTP/1.1 102 Processing\r\n\r\n';

/** Sends the text again and again, as fast as the connection takes it. */
function flood(socket: Socket, text: string): void {
  const many = text.repeat(1000);
  const more = () => {
    while (socket.write(many));
    socket.once('drain', more);
  };
  more();
}

/** Sends one character every 20 ms. */
function trickle(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text.charAt(at++ % text.length)), 20);
  socket.once('close', () => clearInterval(timer));
}

describe('a server that never ends', () => {
  it('the answers before its answer is refused', async () => {
    const { url } = await serveBytes((socket) => flood(socket, INTERIM));
    await expect(ask(agentFor('127.0.0.1'), url)).rejects.toMatchObject({ name: 'HTTPParserError' });
  });

  it.each([
    ['its head', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(1000)}`],
    ['an answer before its answer', INTERIM],
  ])('%s has no more time for single bytes', async (_, text) => {
    const { url } = await serveBytes((socket) => trickle(socket, text));
    const asked = ask(agentFor('127.0.0.1'), url, { headersTimeoutMs: 200 });
    await expect(asked).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it('its trailers has no more time for single bytes', async () => {
    const { url } = await serveBytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n');
      trickle(socket, 'x: y\r\n');
    });
    const asked = ask(agentFor('127.0.0.1'), url, { idleTimeoutMs: 200 });
    await expect(asked).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
  });

  it('its body has time as long as bytes of it come', async () => {
    const { url } = await serveBytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n');
      trickle(socket, 'hello');
    });
    const asked = ask(agentFor('127.0.0.1'), url, { idleTimeoutMs: 200 });
    expect((await asked).text).toBe('hello'.repeat(5));
  });
});

describe('a request', () => {
  /** The sockets of the client, too. */
  function watchedAgent() {
    const sockets: Socket[] = [];
    const agent = new HttpAgent((target) => {
      const socket = openSocket(target);
      sockets.push(socket);
      return socket;
    });
    return { agent, sockets };
  }

  it('whose answer came before it was sent fails', async () => {
    const { agent, sockets } = watchedAgent();
    const server: Socket[] = [];
    const { url } = await serveBytes((socket) => {
      server.push(socket);
      socket.write(hello);
    });
    await ask(agent, url);
    const body = async function* () {
      server[0]?.write(hello);
      while (sockets[0]?.bytesRead === hello.length) await new Promise(setImmediate);
      yield Buffer.from('late');
    };
    const asked = ask(agent, url, { body: body(), headers: { 'content-length': '4' } });
    await expect(asked).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    agent.destroy();
  });

  it('sends no byte of its body any more after its answer', async () => {
    const { agent, sockets } = watchedAgent();
    const early = Promise.withResolvers<Socket>();
    const { url } = await serveBytes((socket) => {
      early.resolve(socket.pause());
      socket.write(hello);
    });
    const piece = Buffer.alloc(32 * 1024, 1);
    const body = async function* () {
      yield Buffer.from('first');
      await early.promise;
      // Until the buffers of the system are full, and one piece waits in this process.
      while (sockets[0]?.writableLength === 0) yield await Promise.resolve(piece);
    };
    await ask(agent, url, { body: body(), headers: { 'content-length': '1000000000' } });
    // The memory is used for something else now.
    piece.fill(2);
    const ended = Promise.withResolvers<void>();
    let foreignBytes = 0;
    const server = await early.promise;
    server.on('data', (bytes: Buffer) => {
      foreignBytes += bytes.filter((byte) => byte === 2).byteLength;
    });
    server.once('close', ended.resolve);
    server.resume();
    await ask(agent, url);
    agent.destroy();
    await ended.promise;
    expect(foreignBytes).toBe(0);
  });

  it.each([
    ['a line break of another character set', { x: 'a\u010ahost: other' }],
    ['a character that is no Latin-1', { x: '\u20ac' }],
    ['a control character', { x: 'a\u0001' }],
    ['a colon in a name', { 'x: y\r\nz': 'a' }],
  ])('is not sent with %s', async (_, headers) => {
    const { url } = await serveBytes((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    const asked = ask(agentFor('127.0.0.1'), url, { headers });
    await expect(asked).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
  });

  it('understands a status that no standard names', async () => {
    const { url } = await serveBytes((socket) =>
      socket.write('HTTP/1.1 999 Request denied\r\nContent-Length: 0\r\n\r\n'),
    );
    expect((await ask(agentFor('127.0.0.1'), url)).status).toBe(999);
  });
});
