import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { LookupAll } from '../../../downloader/net/guarded-connect.ts';
import { resolvesTo } from './network.ts';
import { credentials, endProxies, openTunnel, proxyFor, sendRaw, viaProxy } from './proxy-client.ts';
import { recordTcp, serveHttp } from './servers.ts';

afterEach(endProxies);

describe('what the proxy refuses', () => {
  it.each(['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost'])(
    '%s: 470 for http, 403 for CONNECT, and no connection',
    async (host) => {
      const server = await recordTcp();
      const proxy = await proxyFor('', { lookup: resolvesTo(['127.0.0.1']) });
      expect(await viaProxy(proxy.url, `http://${host}:${server.port}/`)).toMatchObject({ status: 470 });
      expect((await openTunnel(proxy.url, `${host}:${server.port}`)).status).toBe(403);
      expect(server.connections).toBe(0);
      expect(proxy.refusals).toHaveLength(2);
      expect(proxy.refusals[0]).toMatch(/: (loopback address|an internal host name)$/);
    },
  );

  it('a name with a private address: answered like a name that does not exist, and no connection', async () => {
    const server = await recordTcp();
    const noSuchName = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    const unknown: LookupAll = (_host, _options, callback) => process.nextTick(callback, noSuchName, []);
    for (const lookup of [resolvesTo(['127.0.0.1']), unknown]) {
      const proxy = await proxyFor('', { lookup });
      expect(await viaProxy(proxy.url, `http://inside.example.com:${server.port}/`)).toMatchObject({
        status: 502,
      });
      expect((await openTunnel(proxy.url, `inside.example.com:${server.port}`)).status).toBe(502);
      expect(proxy.refusals).toEqual([]);
    }
    expect(server.connections).toBe(0);
  });

  it('well-known ports, and keeps a bounded list of what it refused', async () => {
    const proxy = await proxyFor('', { lookup: resolvesTo(['8.8.8.8']) });
    for (let index = 0; index < 30; index += 1) {
      expect((await openTunnel(proxy.url, `host${index}.example.com:22`)).status).toBe(403);
    }
    expect(proxy.refusals).toHaveLength(20);
    expect(proxy.refusals[0]).toBe('host0.example.com: port 22');
  });

  it.each([
    'gzip',
    'X-GZIP',
    'deflate',
    'br',
    'zstd',
    'identity, gzip',
    'none,br ',
    'gzip;q=1',
    // Python trims this character (NEL), JavaScript does not.
    'gzip\u0085',
  ])('an answer with Content-Encoding "%s": 471, without its body', async (coding) => {
    const port = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(gzipSync(Buffer.alloc(100_000)));
    });
    const proxy = await proxyFor('127.0.0.1');
    const answer = await viaProxy(proxy.url, `http://127.0.0.1:${port}/`);
    expect({ ...answer, size: answer.body.byteLength }).toMatchObject({ status: 471, size: 0 });
    expect(proxy.codedAnswer?.failure.code).toBe('source_rejected');
    expect(proxy.codedAnswer?.message).toContain('compresses');
  });

  it.each(['identity', 'identity,identity', 'none', 'binary', 'aws-chunked', 'utf-8', ''])(
    'no answer with Content-Encoding "%s", which changes no byte',
    async (coding) => {
      const port = await serveHttp((_request, response) => {
        response.writeHead(200, { 'content-encoding': coding }).end('plain');
      });
      const proxy = await proxyFor('127.0.0.1');
      const answer = await viaProxy(proxy.url, `http://127.0.0.1:${port}/`);
      expect(answer).toMatchObject({ status: 200, body: Buffer.from('plain') });
      expect(proxy.codedAnswer).toBeNull();
    },
  );

  it('callers without its credentials', async () => {
    const server = await recordTcp();
    const proxy = await proxyFor('127.0.0.1');
    for (const headers of [
      {},
      { 'proxy-authorization': 'Basic am9iOng=' },
      { authorization: credentials(proxy.url)['proxy-authorization'] },
    ]) {
      expect(await viaProxy(proxy.url, `http://127.0.0.1:${server.port}/`, { headers })).toMatchObject({
        status: 407,
        headers: { 'proxy-authenticate': 'Basic realm="egress"' },
      });
      expect(await openTunnel(proxy.url, `127.0.0.1:${server.port}`, headers)).toMatchObject({
        status: 407,
        headers: { 'proxy-authenticate': 'Basic realm="egress"' },
      });
    }
    expect(server.connections).toBe(0);
  });

  it('credentials of another job', async () => {
    const [one, other] = [await proxyFor(''), await proxyFor('')];
    expect(one.url).not.toBe(other.url);
    expect(await viaProxy(one.url, 'http://example.com/', { headers: credentials(other.url) })).toMatchObject(
      { status: 407 },
    );
  });

  it('itself, also where loopback is allowed', async () => {
    const proxy = await proxyFor('127.0.0.0/8, localhost');
    const { port } = new URL(proxy.url);
    for (const host of ['127.0.0.1', '[::ffff:7f00:1]', 'localhost']) {
      expect(await viaProxy(proxy.url, `http://${host}:${port}/`)).toMatchObject({ status: 470 });
      expect((await openTunnel(proxy.url, `${host}:${port}`)).status).toBe(403);
    }
  });

  it.each([
    '/',
    '*',
    'ftp://8.8.8.8/',
    'https://8.8.8.8/',
    'file:///etc/passwd',
    'http:8.8.8.8',
    'gopher://8.8.8.8/',
  ])('the request target %s is 400', async (target) => {
    const proxy = await proxyFor('');
    expect(await viaProxy(proxy.url, target)).toMatchObject({ status: 400 });
  });

  it.each([
    '8.8.8.8',
    '8.8.8.8:',
    ':443',
    '8.8.8.8:443/x',
    'user@8.8.8.8:443',
    'http://8.8.8.8:443',
    '8.8.8.8:443:1',
  ])('the tunnel target %s is 400', async (authority) => {
    const proxy = await proxyFor('');
    expect((await openTunnel(proxy.url, authority)).status).toBe(400);
  });

  it.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a chunked that is not last', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'Content-Length : 5\r\n\r\nhello'],
    ['a folded line', 'X-A: b\r\n c\r\n\r\n'],
    ['a bare line feed', 'X-A: b\n\r\n'],
  ])('a request that could be read in two ways: %s', async (_name, rest) => {
    const server = await recordTcp();
    const proxy = await proxyFor('127.0.0.1');
    const answer = await sendRaw(
      proxy.url,
      `POST http://127.0.0.1:${server.port}/ HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${credentials(proxy.url)['proxy-authorization']}\r\n${rest}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(server.bytes.byteLength).toBe(0);
  });

  it('to let a body of a GET become a second request', async () => {
    const seen: string[] = [];
    const port = await serveHttp((request, response) => {
      void buffer(request).then((body) => {
        seen.push(`${request.method} ${request.url} ${body.toString()}`);
        response.end();
      });
    });
    const proxy = await proxyFor('127.0.0.1');
    const inner = 'GET /second HTTP/1.1\r\nHost: x\r\n\r\n';
    await sendRaw(
      proxy.url,
      `GET http://127.0.0.1:${port}/first HTTP/1.1\r\nHost: x\r\nConnection: close\r\nProxy-Authorization: ${credentials(proxy.url)['proxy-authorization']}\r\nTransfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
    );
    expect(seen).toStrictEqual([`GET /first ${inner}`]);
  });
});
