import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { putPart } from '../../../downloader/upload/put-part.ts';

const IDLE_MS = 200;
const failure = (code: string) => expect.objectContaining({ failure: expect.objectContaining({ code }) });

async function put(storage: RequestListener, bytes: Uint8Array): Promise<string> {
  const server = createServer(storage);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent();
  onTestFinished(async () => {
    await agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket/key?partNumber=1`;
  const request = { number: 1, method: 'PUT' as const, url, headers: {}, expiresAt: '2099-01-01T00:00:00Z' };
  const { signal } = new AbortController();
  return putPart({ agent, request, bytes, signal, onActivity: () => undefined, idleTimeoutMs: IDLE_MS });
}

test('a storage that takes a part and never answers is given up', async () => {
  const silent: RequestListener = (request) => void request.resume();
  await expect(put(silent, new Uint8Array(100_000))).rejects.toEqual(failure('storage_unavailable'));
});

test('a storage that takes no bytes is given up', async () => {
  // More than the buffers of a loopback connection hold.
  const stuck: RequestListener = (request) => void request.pause();
  await expect(put(stuck, new Uint8Array(64 * 1024 ** 2))).rejects.toEqual(failure('storage_unavailable'));
});

test('a storage that begins an answer and never ends it is given up', async () => {
  const halfway: RequestListener = (request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { etag: '"1"', 'content-length': '10' });
      response.write('12345');
    });
  };
  await expect(put(halfway, new Uint8Array(1000))).rejects.toEqual(failure('storage_unavailable'));
});
