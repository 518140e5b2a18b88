import { createCipheriv, createHash, randomInt } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { connect as connectTcp, createServer as createTcp, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Agent, Dispatcher } from 'undici';
import { ReadSlabs } from '../../../downloader/net/read-slabs.ts';
import { makeCertificate } from './certificate.ts';
import { agentFor, endNetwork, resolvesTo } from './network.ts';
import { listen, serveHttp, serveHttps } from './servers.ts';

afterEach(endNetwork);

const MIB = 1024 * 1024;
const certificate = makeCertificate(['noise.example.com', 'several.example.com']);

/** Bytes that do not repeat, so that a chunk in the wrong place shows. */
function* noise(totalBytes: number): Generator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  for (let left = totalBytes; left > 0;) {
    const bytes = cipher.update(Buffer.alloc(Math.min(left, randomInt(1, 300_000))));
    left -= bytes.byteLength;
    yield bytes;
  }
}

function sha256OfNoise(totalBytes: number): string {
  const hash = createHash('sha256');
  for (const bytes of noise(totalBytes)) hash.update(bytes);
  return hash.digest('hex');
}

/** Sends as many bytes of noise as the path says. */
const sendNoise: RequestListener = (request, response) => {
  const totalBytes = Number(request.url?.slice(1));
  response.writeHead(200, request.headers['x-chunked'] ? {} : { 'content-length': totalBytes });
  const chunks = noise(totalBytes);
  const more = () => {
    for (const bytes of chunks) {
      if (!response.write(bytes)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  // A generator's `return` by leaving the loop would end it.
  chunks.return = (value) => ({ done: true, value });
  more();
};

interface Received {
  sha256: string;
  sizeBytes: number;
  pauses: number;
}

/** Hashes a body and pauses at random, for one turn of the loop or for some milliseconds: then TLS has more to give. */
function readWithPauses(agent: Agent, origin: string, totalBytes: number, headers = {}): Promise<Received> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let pauses = 0;
  return new Promise((resolve, reject) => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData(controller, chunk) {
        hash.update(chunk);
        sizeBytes += chunk.byteLength;
        const dice = randomInt(100);
        if (dice >= 8) return;
        pauses += 1;
        controller.pause();
        if (dice < 5) setImmediate(() => controller.resume());
        else setTimeout(() => controller.resume(), randomInt(8));
      },
      onResponseEnd: () => resolve({ sha256: hash.digest('hex'), sizeBytes, pauses }),
      onResponseError: (_controller, error) => reject(error),
    };
    agent.dispatch({ origin, path: `/${totalBytes}`, method: 'GET', headers }, handler);
  });
}

/** Reads a part of a body and closes the connection in its middle. */
function cutOff(agent: Agent, origin: string, totalBytes: number): Promise<void> {
  return new Promise((resolve) => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: (controller) => controller.abort(new Error('enough')),
      onResponseEnd: () => resolve(),
      onResponseError: () => resolve(),
    };
    agent.dispatch({ origin, path: `/${totalBytes}`, method: 'GET' }, handler);
  });
}

describe('memory that is used again', () => {
  it.each(['tcp', 'tls'])('never changes unread megabytes, over %s', async (kind) => {
    const totalBytes = 6 * MIB;
    const send = (socket: Socket) => Readable.from(noise(totalBytes)).pipe(socket);
    const port = await listen(kind === 'tcp' ? createTcp(send) : createTls(certificate, send));
    const slabs = new ReadSlabs();
    const options = { host: '127.0.0.1', port, highWaterMark: 2 * totalBytes, onread: slabs.onread };
    const socket =
      kind === 'tcp'
        ? connectTcp(options)
        : connectTls({ ...options, ca: certificate.cert, servername: 'noise.example.com' });
    slabs.attach(socket);
    while (socket.readableLength < totalBytes) await nextTurn();
    const hash = createHash('sha256');
    for await (const chunk of socket) hash.update(chunk as Buffer);
    expect(hash.digest('hex')).toBe(sha256OfNoise(totalBytes));
  });

  it.each(['http', 'https'])('never changes unread bytes, over %s with random pauses', async (scheme) => {
    const port = scheme === 'http' ? await serveHttp(sendNoise) : await serveHttps(certificate, sendNoise);
    const agent = agentFor('source:noise.example.com', {
      shortLivedChunks: true,
      ca: certificate.cert,
      lookup: resolvesTo(['127.0.0.1']),
    });
    const totalBytes = 256 * MIB;
    const received = await readWithPauses(agent, `${scheme}://noise.example.com:${port}`, totalBytes);
    expect(received).toMatchObject({ sizeBytes: totalBytes, sha256: sha256OfNoise(totalBytes) });
    expect(received.pauses).toBeGreaterThan(20);
  });

  it.each(['http', 'https'])(
    'belongs to one socket, and serves one answer after the other, over %s',
    async (scheme) => {
      const certificate = makeCertificate(['several.example.com']);
      const port = scheme === 'http' ? await serveHttp(sendNoise) : await serveHttps(certificate, sendNoise);
      const agent = agentFor('source:several.example.com', {
        shortLivedChunks: true,
        ca: certificate.cert,
        lookup: resolvesTo(['127.0.0.1']),
      });
      const lanes = Array.from({ length: 4 }, async () => {
        for (const totalBytes of [0, 1, 65_536, 3 * MIB + 17, 524_288, 9 * MIB]) {
          const headers = totalBytes % 2 === 0 ? {} : { 'x-chunked': '1' };
          const received = await readWithPauses(
            agent,
            `${scheme}://several.example.com:${port}`,
            totalBytes,
            headers,
          );
          expect(received).toMatchObject({ sizeBytes: totalBytes, sha256: sha256OfNoise(totalBytes) });
        }
      });
      await Promise.all(lanes);
    },
  );

  it.each(['http', 'https'])(
    'passes from closed sockets to new ones, one socket at a time, over %s',
    async (scheme) => {
      const port = scheme === 'http' ? await serveHttp(sendNoise) : await serveHttps(certificate, sendNoise);
      const origin = `${scheme}://noise.example.com:${port}`;
      const agent = () =>
        agentFor('source:noise.example.com', {
          shortLivedChunks: true,
          ca: certificate.cert,
          lookup: resolvesTo(['127.0.0.1']),
        });
      const passing = async () => {
        for (let round = 0; round < 30; round += 1) {
          const short = agent();
          if (round % 2 === 0) await cutOff(short, origin, 3 * MIB);
          else await readWithPauses(short, origin, 2 * MIB);
          await short.destroy();
        }
      };
      const totalBytes = 64 * MIB;
      const [received] = await Promise.all([
        readWithPauses(agent(), origin, totalBytes),
        passing(),
        passing(),
      ]);
      expect(received).toMatchObject({ sizeBytes: totalBytes, sha256: sha256OfNoise(totalBytes) });
    },
  );

  it('does not add up from one import to the next', async () => {
    const port = await serveHttp(sendNoise);
    const readOnce = async () => {
      const agent = agentFor('source:noise.example.com', {
        shortLivedChunks: true,
        lookup: resolvesTo(['127.0.0.1']),
      });
      await readWithPauses(agent, `http://noise.example.com:${port}`, 4 * MIB);
      await agent.destroy();
    };
    const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow');
    for (let round = 0; round < 5; round += 1) await readOnce();
    const first = allocated.mock.calls.length;
    for (let round = 0; round < 20; round += 1) await readOnce();
    expect(allocated.mock.calls.length - first).toBeLessThanOrEqual(4);
    allocated.mockRestore();
  });
});
