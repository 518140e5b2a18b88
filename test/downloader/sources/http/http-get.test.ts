import { afterEach, expect, it } from 'vitest';
import { getFollowing } from '../../../../downloader/sources/http/http-get.ts';
import { serveBytes } from '../../net/http1/byte-server.ts';
import { agentFor, endNetwork } from '../../net/network.ts';

afterEach(endNetwork);

it.each([
  ['UTF-8', '/caf\xc3\xa9?a=%20', '/caf%c3%a9?a=%20'],
  ['another character set', '/caf\xe9', '/caf%e9'],
])('a redirect with raw bytes of %s leads to the path with these bytes', async (_, location, path) => {
  const { url } = await serveBytes((socket, request) => {
    const isFirst = request.startsWith('GET /path?query ');
    const head = isFirst ? `302 Found\r\nLocation: ${location}` : '200 OK';
    socket.write(`HTTP/1.1 ${head}\r\nContent-Length: 0\r\n\r\n`, 'latin1');
  });
  const { signal } = new AbortController();
  const options = { agent: agentFor('127.0.0.1'), url: new URL(url), idleTimeoutMs: 5000, signal };
  expect((await getFollowing(options)).url.href).toBe(new URL(path, url).href);
});
