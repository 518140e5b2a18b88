/** What a Worker on this machine can reach. Names resolve to loopback, as names of a customer's DNS server may. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../scripts/lib/ports.ts';
import { loadSecrets } from '../../scripts/lib/secrets.ts';
import { workerBindings } from '../../scripts/start/environment.ts';
import { prepareDatabase } from '../../scripts/start/first-key.ts';
import { EGRESS_SERVICE, egressService } from '../../scripts/start/worker-egress.ts';
import { startMiniflare } from '../../scripts/start/worker-in-miniflare.ts';
import { resolvesTo } from '../downloader/net/network.ts';
import { closeServers, listen } from '../downloader/net/servers.ts';

afterEach(closeServers);

/** A server that counts its connections. */
async function serveCounted(listener: RequestListener) {
  const server = createServer(listener);
  const seen = { port: 0, connections: 0 };
  server.on('connection', () => (seen.connections += 1));
  seen.port = await listen(server);
  return seen;
}

/** Fetches the URL that it is asked for, and tells what it got. */
const CALLER = `
export default {
  async fetch(request) {
    const [url, init] = await request.json();
    try {
      const answer = await fetch(url, init);
      const headers = Object.fromEntries(answer.headers);
      return Response.json({ status: answer.status, headers, text: await answer.text() });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};`;

interface Got {
  status?: number;
  headers?: Record<string, string>;
  text?: string;
  error?: string;
}

/** A Worker whose requests pass the service. */
class Caller {
  readonly #miniflare: Miniflare;
  constructor(egressAllow: string, downloaderUrls: string[] = []) {
    const egress = egressService({ egressAllow, downloaderUrls, lookup: resolvesTo(['127.0.0.1']) });
    const modules = [{ type: 'ESModule' as const, path: 'caller.js', contents: CALLER }];
    const caller = { name: 'caller', modules, outboundService: EGRESS_SERVICE };
    this.#miniflare = new Miniflare(convertV4MiniflareOptions({ workers: [caller, egress], cf: false }));
  }
  async fetch(url: string, init: object = {}): Promise<Got> {
    const body = JSON.stringify([url, init]);
    return (await this.#miniflare.dispatchFetch('http://caller/', { method: 'POST', body })).json() as Got;
  }
  dispose(): Promise<void> {
    return this.#miniflare.dispose();
  }
}

describe('a local Worker', () => {
  let strict: Caller;
  let allowing: Caller;
  beforeAll(() => {
    strict = new Caller('');
    allowing = new Caller('storage:allowed.example.com 127.0.0.1');
  });
  afterAll(() => Promise.all([strict.dispose(), allowing.dispose()]));

  test.each([
    ['a name that resolves to loopback', 'http://bucket.example.com'],
    ['a name that resolves to loopback, over TLS', 'https://bucket.example.com'],
    ['an address', 'http://127.0.0.1'],
    ['another spelling of an address', 'http://2130706433'],
    ['an IPv6 address that holds an IPv4 address', 'http://[::ffff:127.0.0.1]'],
    ['a local name', 'http://localhost'],
  ])('does not reach %s', async (_what, origin) => {
    const server = await serveCounted((_request, response) => response.end('internal'));
    expect(await strict.fetch(`${origin}:${server.port}/`)).toEqual({ error: expect.any(String) });
    expect(server.connections).toBe(0);
  });

  test('does not follow a redirect to an address that it must not reach', async () => {
    const inner = await serveCounted((_request, response) => response.end('internal'));
    const outer = await serveCounted((_request, response) => {
      response.writeHead(302, { location: `http://bucket.example.com:${inner.port}/` }).end();
    });
    const named = new Caller(`storage:allowed.example.com:${outer.port}`);
    const url = `http://allowed.example.com:${outer.port}/`;
    try {
      expect(await named.fetch(url, { redirect: 'manual' })).toMatchObject({ status: 302 });
      expect(await named.fetch(url)).toEqual({ error: expect.any(String) });
    } finally {
      await named.dispose();
    }
    expect(inner.connections).toBe(0);
  });

  test('reaches what EGRESS_ALLOW names, with the request and the answer unchanged', async () => {
    const got: unknown[] = [];
    const server = await serveCounted((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        got.push([request.method, request.url, request.headers, text]);
        const headers = { etag: '"a"', 'content-encoding': 'gzip', 'content-type': 'application/xml' };
        response.writeHead(412, headers).end(gzipSync('<Error/>'));
      });
    });
    const url = `http://allowed.example.com:${server.port}/a%20b?uploads=`;
    const headers = { authorization: 'signed', 'content-type': 'text/plain' };
    const answer = await allowing.fetch(url, { method: 'PUT', body: 'part', headers });
    expect(answer).toMatchObject({ status: 412, text: '<Error/>', headers: { etag: '"a"' } });
    const host = `allowed.example.com:${server.port}`;
    expect(got).toEqual([
      [
        'PUT',
        '/a%20b?uploads=',
        {
          ...headers,
          host,
          connection: 'keep-alive',
          'content-length': '4',
          'cf-worker': expect.any(String),
        },
        'part',
      ],
    ]);
  });

  test('gets answers without a body, and sends a length of zero', async () => {
    const server = await serveCounted((request, response) => {
      if (request.method === 'HEAD') return response.writeHead(200, { 'content-length': '1234' }).end();
      return response.writeHead(204, { 'x-length': request.headers['content-length'] ?? 'none' }).end();
    });
    const url = `http://127.0.0.1:${server.port}/`;
    expect(await allowing.fetch(url, { method: 'HEAD' })).toMatchObject({
      status: 200,
      headers: { 'content-length': '1234' },
      text: '',
    });
    expect(await allowing.fetch(url, { method: 'POST', body: '' })).toMatchObject({
      status: 204,
      headers: { 'x-length': '0' },
    });
  });

  test('sees a lost connection as an error: at its start, and in the middle of an answer', async () => {
    const server = await serveCounted((request, response) => {
      if (request.url === '/start') return request.socket.destroy();
      response.writeHead(200).write('half');
      response.socket?.end();
    });
    for (const path of ['/start', '/middle'])
      expect(await allowing.fetch(`http://127.0.0.1:${server.port}${path}`)).toEqual({
        error: expect.any(String),
      });
    expect(await allowing.fetch(`http://127.0.0.1:${await freePort()}/`)).toEqual({
      error: expect.any(String),
    });
  });

  test('reaches its downloader, and nothing else at that address', async () => {
    const downloader = await serveCounted((_request, response) => response.end('ok'));
    const neighbor = await serveCounted((_request, response) => response.end('internal'));
    const caller = new Caller('', [`http://127.0.0.1:${downloader.port}`]);
    try {
      expect(await caller.fetch(`http://127.0.0.1:${downloader.port}/health`)).toMatchObject({ text: 'ok' });
      expect(await caller.fetch(`http://127.0.0.1:${neighbor.port}/`)).toEqual({ error: expect.any(String) });
    } finally {
      await caller.dispose();
    }
    expect(neighbor.connections).toBe(0);
  });
});

test('npm start gives its Worker this network', { timeout: 60_000 }, async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'importly-egress-'));
  const server = await serveCounted((_request, response) => response.writeHead(403).end());
  const port = await freePort();
  const env = { EGRESS_ALLOW: `storage:allowed.example.com:${server.port}` };
  // No downloader answers there, so nothing but the network decides.
  const downloaderUrl = `http://127.0.0.1:${await freePort()}`;
  const bindings = workerBindings({ env, secrets: loadSecrets(stateDirectory), port, downloaderUrl });
  const input = { stateDirectory, port, bindings, logsAll: false };
  const miniflare = await startMiniflare({ ...input, onChange: () => undefined }, resolvesTo(['127.0.0.1']));
  try {
    const { apiKey } = await prepareDatabase(miniflare, null);
    const save = async (endpoint: string) => {
      const keys = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
      const answer = await fetch(`http://127.0.0.1:${port}/storage`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ endpoint, bucket: 'media', region: 'us-east-1', ...keys }),
      });
      return ((await answer.json()) as { data: { test: { checks: unknown[] } } }).data.test.checks;
    };
    expect(await save(`https://private.example.com:${server.port}`)).toContainEqual(
      expect.objectContaining({ status: 'fail', code: 'storage_unreachable' }),
    );
    expect(server.connections).toBe(0);
    await save(`http://allowed.example.com:${server.port}`);
    expect(server.connections).toBeGreaterThan(0);
  } finally {
    await miniflare.dispose();
    await rm(stateDirectory, { recursive: true, force: true });
  }
});
