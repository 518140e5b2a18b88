import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { EgressProxyOptions } from '../../../downloader/net/egress-proxy.ts';
import { endProxies, openTunnel, proxyFor, viaProxy } from './proxy-client.ts';
import { serveHttp } from './servers.ts';

afterEach(endProxies);

describe('the end of the proxy', () => {
  /** A source that never stops, over both ways at once. */
  async function flood(options: Partial<EgressProxyOptions>) {
    const port = await serveHttp((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const proxy = await proxyFor('127.0.0.1', options);
    const { socket } = await openTunnel(proxy.url, `127.0.0.1:${port}`);
    const tunnelClosed = once(socket.resume(), 'close');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const fetched = viaProxy(proxy.url, `http://127.0.0.1:${port}/`).catch((error: unknown) => error);
    return { proxy, ended: Promise.all([tunnelClosed, fetched]) };
  }

  it('comes for all connections when more bytes came in than allowed', async () => {
    let counted = 0;
    const { proxy, ended } = await flood({ maxBytes: 5_000_000, onBytes: (count) => (counted += count) });
    const [, fetched] = await ended;
    expect(fetched).toBeInstanceOf(Error);
    expect(proxy.exceeded).toBe(true);
    expect(counted).toBeGreaterThan(5_000_000);
    // What may be on the way when the limit is passed: one read a socket.
    expect(counted).toBeLessThan(5_500_000);
    await expect(viaProxy(proxy.url, 'http://example.com/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('comes later after its limit was raised', async () => {
    let counted = 0;
    const { proxy, ended } = await flood({
      maxBytes: 5_000_000,
      onBytes: (count) => {
        counted += count;
        if (counted > 4_000_000) proxy.raiseLimit(9_000_000);
      },
    });
    await ended;
    expect(proxy.exceeded).toBe(true);
    expect(counted).toBeGreaterThan(9_000_000);
  });

  it('comes with the signal of the job', async () => {
    const controller = new AbortController();
    const started = Promise.withResolvers<void>();
    const { proxy, ended } = await flood({ signal: controller.signal, onBytes: () => started.resolve() });
    await started.promise;
    controller.abort();
    await ended;
    expect(proxy.exceeded).toBe(false);
    await expect(viaProxy(proxy.url, 'http://example.com/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('comes with close, also in the middle of connecting, and twice does no harm', async () => {
    const proxy = await proxyFor('', { lookup: () => undefined });
    const asked = viaProxy(proxy.url, 'http://slow.example.com/').catch((error: unknown) => error);
    const tunnel = openTunnel(proxy.url, 'slow.example.com:443').catch((error: unknown) => error);
    await viaProxy(proxy.url, 'http://127.0.0.1/');
    await Promise.all([proxy.close(), proxy.close()]);
    expect(await asked).toBeInstanceOf(Error);
    expect(await tunnel).toBeInstanceOf(Error);
  });

  it('is at once where the job has ended before', async () => {
    const reason = new Error('canceled');
    await expect(proxyFor('', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
