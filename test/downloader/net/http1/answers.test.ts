/** What the HTTP client makes of the bytes that servers send, also of wrong ones. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { agentFor, endNetwork } from '../network.ts';
import { ask, serveBytes, type Speak } from './byte-server.ts';

afterEach(endNetwork);

const GOOD: [name: string, answer: string, text: string][] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
  ['no reason', 'HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello', 'hello'],
  ['an empty body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
  ['no body by its status', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n',
    'hello',
  ],
  [
    'trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5 \r\nhello\r\n0\r\nx: y\r\nz: 1\r\n\r\n',
    'hello',
  ],
  [
    'an answer before it',
    'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    'hello',
  ],
];

describe('an answer with', () => {
  it.each(GOOD)('%s is understood, however its bytes are cut', async (_, answer, text) => {
    const cuts = [1, 2, 3, 7, answer.length];
    const { url } = await serveBytes((socket, request) => {
      const size = cuts[Number(/x-cut: (\d)/.exec(request)?.[1])] ?? 1;
      const send = (at: number) => {
        if (at >= answer.length) return;
        socket.write(answer.slice(at, at + size), 'latin1');
        setImmediate(send, at + size);
      };
      send(0);
    });
    const agent = agentFor('127.0.0.1');
    for (const index of cuts.keys())
      expect((await ask(agent, url, { headers: { 'x-cut': String(index) } })).text).toBe(text);
  });

  it('no length ends with the connection', async () => {
    const { url, connections } = await serveBytes((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nhello'));
    const agent = agentFor('127.0.0.1');
    expect((await ask(agent, url)).text).toBe('hello');
    expect((await ask(agent, url)).text).toBe('hello');
    expect(connections()).toBe(2);
  });

  it('several fields of one name has them joined, in latin1', async () => {
    const { url } = await serveBytes((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a:\t2 \r\nX-B: caf\xe9\r\nContent-Length: 0\r\n\r\n',
        'latin1',
      ),
    );
    expect((await ask(agentFor('127.0.0.1'), url)).headers).toMatchObject({ 'x-a': '1, 2', 'x-b': 'café' });
  });
});

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const BAD: [name: string, answer: string][] = [
  ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['a status that is none', 'HTTP/1.1 99 OK\r\n\r\n'],
  ['a line without a colon', 'HTTP/1.1 200 OK\r\nabc\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello'],
  ['a continued line', 'HTTP/1.1 200 OK\r\nx: y\r\n z\r\n\r\n'],
  ['a control character', 'HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n'],
  ['a bare line feed', 'HTTP/1.1 200 OK\r\nx: a\nContent-Length: 5\r\n\r\nhello'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['an unknown transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ['a chunk size that is none', `${CHUNKED}xyz\r\n`],
  ['a chunk size that is too long', `${CHUNKED}fffffffffffff\r\n`],
  ['a chunk that is longer than its size', `${CHUNKED}2\r\nhello\r\n`],
  ['an endless chunk extension', `${CHUNKED}5;${'a'.repeat(5000)}`],
  ['endless trailers', `${CHUNKED}0\r\n${'a: b\r\n'.repeat(200)}`],
];

describe('an answer that has', () => {
  it.each(BAD)('%s is refused at once', async (_, answer) => {
    const { url } = await serveBytes((socket) => socket.write(answer, 'latin1'));
    await expect(ask(agentFor('127.0.0.1'), url)).rejects.toMatchObject({ name: 'HTTPParserError' });
  });

  it('an endless head is refused', async () => {
    const { url } = await serveBytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = () => {
        while (socket.write(`x: ${'y'.repeat(1000)}\r\n`));
        socket.once('drain', more);
      };
      more();
    });
    await expect(ask(agentFor('127.0.0.1'), url)).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_OVERFLOW' });
  });

  it.each([
    ['its head', 'HTTP/1.1 200 OK\r\n', 'UND_ERR_SOCKET'],
    ['its body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
    ['its chunks', `${CHUNKED}5\r\nhello\r\n`, 'UND_ERR_SOCKET'],
  ])('an end inside %s is cut off', async (_, answer, code) => {
    const { url } = await serveBytes((socket) => socket.end(answer));
    await expect(ask(agentFor('127.0.0.1'), url)).rejects.toMatchObject({ code });
  });
});

describe('a connection', () => {
  const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

  it('is used again, one request after the other', async () => {
    const requests: string[] = [];
    const { url, connections } = await serveBytes((socket, request) => {
      requests.push(request.split('\r\n')[0] ?? '');
      socket.write(hello);
    });
    const agent = agentFor('127.0.0.1');
    for (let round = 0; round < 3; round += 1) await ask(agent, url);
    expect(connections()).toBe(1);
    await Promise.all([ask(agent, url), ask(agent, url)]);
    expect(connections()).toBe(2);
    expect(requests).toEqual(Array.from({ length: 5 }, () => 'GET /path?query HTTP/1.1'));
  });

  it.each([
    ['the server closes', hello.replace('\r\n', '\r\nConnection: Close\r\n')],
    ['the server keeps for less than a second', hello.replace('\r\n', '\r\nKeep-Alive: timeout=1\r\n')],
    ['the server uses for bytes that nobody asked for', `${hello}HTTP/1.1 200 OK\r\n`],
    ['of HTTP/1.0', hello.replace('1.1', '1.0')],
  ])('that %s is not used again', async (_, answer) => {
    const { url, connections } = await serveBytes((socket) => socket.write(answer));
    const agent = agentFor('127.0.0.1');
    for (let round = 0; round < 2; round += 1) expect((await ask(agent, url)).text).toBe('hello');
    expect(connections()).toBe(2);
  });

  it('that was closed while it was idle is replaced', async () => {
    const sockets: Socket[] = [];
    const { url, connections } = await serveBytes((socket) => {
      sockets.push(socket);
      socket.write(hello);
    });
    const agent = agentFor('127.0.0.1');
    await ask(agent, url);
    const closed = once(sockets[0] as Socket, 'close');
    sockets[0]?.end();
    await closed;
    expect((await ask(agent, url)).text).toBe('hello');
    expect(connections()).toBe(2);
  });

  it('ends with an answer that is longer than the reader allows', async () => {
    const { url } = await serveBytes((socket) => socket.write(hello));
    expect((await ask(agentFor('127.0.0.1'), url, { maxBytes: 4 })).text).toBe('hell');
  });

  it('ends when the request is aborted, at any moment', async () => {
    const closed: Promise<unknown>[] = [];
    const { url } = await serveBytes((socket) => void closed.push(once(socket, 'close')));
    const agent = agentFor('127.0.0.1');
    const early = AbortSignal.abort(new Error('early'));
    await expect(ask(agent, url, { signal: early })).rejects.toThrow('early');
    const connecting = new AbortController();
    const first = ask(agent, url, { signal: connecting.signal });
    connecting.abort(new Error('connecting'));
    await expect(first).rejects.toThrow('connecting');
    const waiting = new AbortController();
    const second = ask(agent, url, { signal: waiting.signal });
    while (closed.length === 0) await new Promise(setImmediate);
    waiting.abort(new Error('waiting'));
    await expect(second).rejects.toThrow('waiting');
    await Promise.all(closed);
  });
});

describe('a request with a body', () => {
  const put = async (speak: Speak, body: AsyncIterable<Uint8Array>, length: number) => {
    const { url } = await serveBytes(speak);
    return ask(agentFor('127.0.0.1'), url, { body, headers: { 'content-length': String(length) } });
  };
  const bytesOf = async function* (...texts: string[]) {
    for (const text of texts) yield await Promise.resolve(Buffer.from(text));
  };

  it('arrives with its headers and its bytes', async () => {
    const answer = await put(
      (socket, request) => {
        const text = request.replace(/127\.0\.0\.1:\d+/, 'HOST');
        let rest = '';
        const end = () =>
          socket.write(
            `HTTP/1.1 200 OK\r\nContent-Length: ${text.length + rest.length}\r\n\r\n${text}${rest}`,
          );
        if (text.endsWith('one two')) return void end();
        socket.on('data', (bytes) => {
          rest += bytes.toString();
          if ((text + rest).endsWith('one two')) end();
        });
      },
      bytesOf('one', ' two'),
      7,
    );
    expect(answer.text).toBe(
      'PUT /path?query HTTP/1.1\r\nhost: HOST\r\nconnection: keep-alive\r\ncontent-length: 7\r\n\r\none two',
    );
  });

  it('is answered early: the answer counts, and the rest is not sent', async () => {
    const returned = Promise.withResolvers<void>();
    const endless = async function* () {
      try {
        for (;;) yield await Promise.resolve(Buffer.alloc(65_536));
      } finally {
        returned.resolve();
      }
    };
    const speak: Speak = (socket) => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope');
    expect(await put(speak, endless(), 1e9)).toMatchObject({ status: 403, text: 'nope' });
    await returned.promise;
  });

  it('fails with the error of its body', async () => {
    const failing = async function* () {
      yield await Promise.resolve(Buffer.from('a'));
      throw new Error('the source is gone');
    };
    await expect(put(() => undefined, failing(), 5)).rejects.toThrow('the source is gone');
  });

  it('is not sent with a header that would begin another line', async () => {
    const { url } = await serveBytes((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    const asked = ask(agentFor('127.0.0.1'), url, { headers: { x: 'a\r\nhost: other' } });
    await expect(asked).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
  });
});
