import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { parseEgressAllow } from '../../../worker/contract/address-policy.ts';
import { makeCertificate } from './certificate.ts';
import { resolvesTo } from './network.ts';
import { credentials, endProxies, openTunnel, proxyFor, viaProxy } from './proxy-client.ts';
import { closeServers, listen, serveHttp, serveHttps } from './servers.ts';

afterEach(endProxies);

describe('http through the proxy', () => {
  it('brings the answer with its status, headers and body, and counts what came in', async () => {
    const bytes = randomBytes(300_000);
    const port = await serveHttp((_request, response) => {
      response.writeHead(206, { 'x-own': 'yes', 'content-range': 'bytes 0-1/2' }).end(bytes);
    });
    let counted = 0;
    const proxy = await proxyFor('127.0.0.1', { onBytes: (count) => (counted += count) });
    const answer = await viaProxy(proxy.url, `http://127.0.0.1:${port}/a?b=c`);
    expect(answer).toMatchObject({
      status: 206,
      headers: { 'x-own': 'yes', 'content-range': 'bytes 0-1/2' },
    });
    expect(answer.body.equals(bytes)).toBe(true);
    expect(counted).toBeGreaterThan(300_000);
    expect(counted).toBeLessThan(301_000);
    expect(proxy).toMatchObject({ refusals: [], exceeded: false });
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'passes %s with its body and path',
    async (method) => {
      const port = await serveHttp((request, response) => {
        void buffer(request).then((body) =>
          response.setHeader('x-seen', `${request.method} ${request.url} ${body.toString()}`).end(),
        );
      });
      const proxy = await proxyFor('127.0.0.1');
      const body = ['POST', 'PUT', 'PATCH'].includes(method) ? 'some words' : '';
      const { headers } = await viaProxy(proxy.url, `http://127.0.0.1:${port}/a/../b%7c|?c=%20#d`, {
        method,
        body,
      });
      expect(headers['x-seen']).toBe(`${method} /a/../b%7c|?c=%20 ${body}`.trim());
    },
  );

  it('passes on no header of the connection or of the proxy, and the host of the URL', async () => {
    let seen: IncomingHttpHeaders = {};
    const port = await serveHttp((request, response) => {
      seen = request.headers;
      response.writeHead(200, {
        connection: 'x-private',
        'x-private': '1',
        'proxy-authenticate': 'Basic realm="other"',
        'keep-alive': 'timeout=99',
        'set-cookie': ['a=1', 'b=2'],
      });
      response.end('ok');
    });
    const proxy = await proxyFor('127.0.0.1');
    const { headers } = await viaProxy(proxy.url, `http://127.0.0.1:${port}/`, {
      headers: {
        ...credentials(proxy.url),
        host: 'other.example.com',
        connection: 'close, X-Hop',
        'x-hop': '1',
        'proxy-connection': 'keep-alive',
        te: 'trailers',
        expect: '100-continue',
        upgrade: 'websocket',
        range: 'bytes=0-',
        'accept-encoding': 'gzip, deflate, br, zstd',
        cookie: 'c=3',
      },
    });
    expect(seen).toStrictEqual({
      host: `127.0.0.1:${port}`,
      connection: 'close',
      range: 'bytes=0-',
      'accept-encoding': 'identity',
      cookie: 'c=3',
    });
    expect(headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'] });
    expect(headers).not.toHaveProperty('x-private');
    expect(headers).not.toHaveProperty('proxy-authenticate');
    expect(headers['keep-alive']).not.toBe('timeout=99');
  });

  it.each(['length', 'chunks'])(
    'delivers a whole answer to a client that reads slowly, by %s',
    async (framing) => {
      const bytes = randomBytes(12_000_000);
      const port = await serveHttp((_request, response) => {
        response
          .writeHead(200, framing === 'length' ? { 'content-length': bytes.byteLength } : {})
          .end(bytes);
      });
      const proxy = await proxyFor('127.0.0.1');
      const { hostname, port: proxyPort } = new URL(proxy.url);
      const sent = request({
        hostname,
        port: proxyPort,
        path: `http://127.0.0.1:${port}/`,
        headers: credentials(proxy.url),
        agent: false,
      });
      sent.end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      const hash = createHash('sha256');
      for await (const chunk of answer) {
        hash.update(chunk as Buffer);
        await pause(2);
      }
      expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    },
  );

  it('cuts the answer where the source cuts it', async () => {
    const port = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('only this', () => response.destroy());
    });
    const proxy = await proxyFor('127.0.0.1');
    await expect(viaProxy(proxy.url, `http://127.0.0.1:${port}/`)).rejects.toThrow('aborted');
  });

  it('answers 502 for a source that is not reachable, does not speak HTTP, or resets', async () => {
    const proxy = await proxyFor('127.0.0.1');
    const gone = await serveHttp(() => undefined);
    await closeServers();
    const garbage = await listen(
      createServer((socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n'))),
    );
    const strange = await listen(
      createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 000 \x07\r\nx: \x01\r\n\r\n'))),
    );
    const switching = await listen(
      createServer((socket) =>
        socket.once('data', () =>
          socket.end('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
        ),
      ),
    );
    const closing = await listen(createServer((socket) => socket.end()));
    for (const port of [gone, garbage, strange, switching, closing]) {
      expect(await viaProxy(proxy.url, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 502 });
    }
  });

  it('closes the connection to the source when the client disconnects', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const port = await serveHttp((_request, response) => {
      response.once('close', () => resolve());
      response.write('x');
    });
    const proxy = await proxyFor('127.0.0.1');
    const client = connect(Number(new URL(proxy.url).port), '127.0.0.1');
    client.write(
      `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${credentials(proxy.url)['proxy-authorization']}\r\n\r\n`,
    );
    await once(client, 'data');
    client.destroy();
    await expect(gone).resolves.toBeUndefined();
  });
});

describe('tunnels through the proxy', () => {
  it('carry TLS end to end and count what came in', async () => {
    const bytes = randomBytes(2_000_000);
    const certificate = makeCertificate(['media.example.com']);
    const port = await serveHttps(certificate, (_request, response) => response.end(bytes));
    let counted = 0;
    const proxy = await proxyFor('', {
      allow: parseEgressAllow('source:media.example.com'),
      lookup: resolvesTo(['127.0.0.1']),
      onBytes: (count) => (counted += count),
    });
    const { status, socket } = await openTunnel(proxy.url, `media.example.com:${port}`);
    const secure = connectTls({ socket, servername: 'media.example.com', ca: certificate.cert });
    secure.end('GET / HTTP/1.0\r\n\r\n');
    const answer = await buffer(secure);
    expect(status).toBe(200);
    const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
    expect(createHash('sha256').update(body).digest('hex')).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    );
    expect(counted).toBeGreaterThan(2_000_000);
    expect(counted).toBeLessThan(2_100_000);
  });

  it('close on one side when the other closes', async () => {
    const accepted = Promise.withResolvers<Socket>();
    const port = await listen(createServer((socket) => accepted.resolve(socket)));
    const proxy = await proxyFor('127.0.0.1');
    const first = await openTunnel(proxy.url, `127.0.0.1:${port}`);
    const source = await accepted.promise;
    const sourceClosed = once(source, 'close');
    source.resume();
    first.socket.destroy();
    await sourceClosed;
    expect(source.destroyed).toBe(true);
  });

  it('deliver what the source sent before it closed', async () => {
    const port = await listen(createServer((socket) => socket.end('220 hello')));
    const proxy = await proxyFor('127.0.0.1');
    const { socket } = await openTunnel(proxy.url, `127.0.0.1:${port}`);
    expect((await buffer(socket)).toString()).toBe('220 hello');
  });

  it('are 502 for a source that is not there', async () => {
    const port = await serveHttp(() => undefined);
    await closeServers();
    const proxy = await proxyFor('127.0.0.1');
    expect((await openTunnel(proxy.url, `127.0.0.1:${port}`)).status).toBe(502);
  });
});
