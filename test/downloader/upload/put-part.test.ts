import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createPlainAgent } from '../../../downloader/net/guarded-agent.ts';
import { Part } from '../../../downloader/upload/part.ts';
import { putPart } from '../../../downloader/upload/put-part.ts';

const IDLE_MS = 200;
const failure = (code: string) => expect.objectContaining({ failure: expect.objectContaining({ code }) });

function partOf(bytes: Uint8Array): Part {
  const { byteLength: sizeBytes } = bytes;
  const buffer = Buffer.alloc(sizeBytes);
  const part = new Part({ number: 1, sizeBytes, buffer, needsSha256: false, onReleased: () => undefined });
  part.append(bytes);
  return part;
}

async function put(storage: RequestListener, bytes: Uint8Array, isWorker = false): Promise<string> {
  const server = createServer(storage);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = createPlainAgent();
  onTestFinished(async () => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket/key?partNumber=1`;
  const request = { number: 1, method: 'PUT' as const, url, headers: {}, expiresAt: '2099-01-01T00:00:00Z' };
  const { signal } = new AbortController();
  const route = { agent, isWorker };
  const onActivity = () => undefined;
  const part = partOf(bytes);
  return putPart({ route, request, part, hasTrailer: false, signal, onActivity, idleTimeoutMs: IDLE_MS });
}

test('a storage that accepts a part and never answers is given up', async () => {
  const silent: RequestListener = (request) => void request.resume();
  await expect(put(silent, new Uint8Array(100_000))).rejects.toEqual(failure('storage_unavailable'));
});

test('a storage that accepts no bytes is given up', async () => {
  // More than the buffers of a loopback connection hold.
  const stuck: RequestListener = (request) => void request.pause();
  await expect(put(stuck, new Uint8Array(64 * 1024 ** 2))).rejects.toEqual(failure('storage_unavailable'));
});

test('a storage that never finishes its answer is given up', async () => {
  const halfway: RequestListener = (request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { etag: '"1"', 'content-length': '10' });
      response.write('12345');
    });
  };
  await expect(put(halfway, new Uint8Array(1000))).rejects.toEqual(failure('storage_unavailable'));
});

/** The error envelope of the Worker, sent by whoever wants to. */
const envelope =
  (status: number, code: string): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(status).end(JSON.stringify({ success: false, error: 'Said so.', code }));
  };

test.each([
  [503, 'downloader_draining', 'storage_unavailable'],
  [409, 'stale', 'storage_rejected'],
  [409, 'cancel_requested', 'storage_rejected'],
  [400, 'digest_mismatch', 'storage_rejected'],
])(
  'a storage that answers %i with our code %s is judged by its status alone',
  async (status, code, expected) => {
    await expect(put(envelope(status, code), new Uint8Array(10))).rejects.toEqual(failure(expected));
  },
);

test.each([
  [409, 'stale', 'stale'],
  [409, 'cancel_requested', 'canceled'],
  [401, 'unauthorized', 'stale'],
  [400, 'digest_mismatch', 'storage_digest_mismatch'],
  [502, 'storage_upload_lost', 'storage_upload_lost'],
  [500, 'internal_error', 'storage_unavailable'],
])('the Worker that answers %i with the code %s is understood as %s', async (status, code, expected) => {
  await expect(put(envelope(status, code), new Uint8Array(10), true)).rejects.toEqual(failure(expected));
});
