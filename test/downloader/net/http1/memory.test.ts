import { createCipheriv, createHash, randomInt } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AnswerHandler, Exchange } from '../../../../downloader/net/http1/exchange.ts';
import type { HttpAgent } from '../../../../downloader/net/http1/http-agent.ts';
import { makeCertificate } from '../certificate.ts';
import { agentFor, endNetwork, resolvesTo } from '../network.ts';
import { serveHttp, serveHttps } from '../servers.ts';

afterEach(endNetwork);

const MIB = 1024 * 1024;
const certificate = makeCertificate(['noise.example.com']);

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
  /** Bytes that were read into the memory of the reader. */
  inPlaceBytes: number;
}

interface Read {
  url: string;
  headers?: Record<string, string>;
  /** Whether the reader offers memory of its own. */
  hasRoom?: boolean;
}

/** Hashes a body and pauses at random, for one turn of the loop or for some milliseconds: then TLS has more to give. */
function readWithPauses(agent: HttpAgent, { url, headers = {}, hasRoom = false }: Read): Promise<Received> {
  const hash = createHash('sha256');
  const memory = Buffer.alloc(hasRoom ? MIB : 0);
  const received = { sizeBytes: 0, pauses: 0, inPlaceBytes: 0 };
  let exchange: Exchange | null = null;
  let usedBytes = 0;
  return new Promise((resolve, reject) => {
    exchange = send(
      agent,
      { url, headers },
      {
        onHead: () => undefined,
        onChunk(chunk) {
          const isInPlace = chunk.buffer === memory.buffer;
          if (isInPlace) {
            expect(chunk.byteOffset - memory.byteOffset).toBe(usedBytes);
            usedBytes = (usedBytes + chunk.byteLength) % memory.byteLength;
            received.inPlaceBytes += chunk.byteLength;
          }
          hash.update(chunk);
          received.sizeBytes += chunk.byteLength;
          const dice = randomInt(100);
          if (dice >= 8) return;
          received.pauses += 1;
          exchange?.pause();
          if (dice < 5) setImmediate(() => exchange?.resume());
          else setTimeout(() => exchange?.resume(), randomInt(8));
        },
        onEnd: () => resolve({ sha256: hash.digest('hex'), ...received }),
        onError: reject,
        room: () => (hasRoom ? memory.subarray(usedBytes) : null),
      },
    );
  });
}

function send(agent: HttpAgent, { url, headers = {} }: Read, handler: AnswerHandler): Exchange {
  const times = { headersTimeoutMs: 30_000, idleTimeoutMs: 60_000 };
  return agent.send({ method: 'GET', url: new URL(url), headers, ...times }, handler);
}

/** Reads a part of a body and closes the connection in its middle. */
function cutOff(agent: HttpAgent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const exchange = send(
      agent,
      { url },
      {
        onHead: () => undefined,
        onChunk: () => {
          exchange.abort();
          resolve();
        },
        onEnd: () => undefined,
        onError: reject,
      },
    );
  });
}

describe('memory that is used again', () => {
  it.each([
    ['http', false],
    ['https', false],
    ['http', true],
    ['https', true],
  ])('never changes unread bytes, over %s with random pauses, in place: %s', async (scheme, hasRoom) => {
    const port = scheme === 'http' ? await serveHttp(sendNoise) : await serveHttps(certificate, sendNoise);
    const agent = noiseAgent();
    const totalBytes = 64 * MIB;
    const url = `${scheme}://noise.example.com:${port}/${totalBytes}`;
    const received = await readWithPauses(agent, { url, hasRoom });
    expect(received).toMatchObject({ sizeBytes: totalBytes, sha256: sha256OfNoise(totalBytes) });
    expect(received.pauses).toBeGreaterThan(20);
    // Only what comes during a pause, and with the head, comes elsewhere.
    expect(received.inPlaceBytes / totalBytes).toBeCloseTo(hasRoom ? 1 : 0, 0);
  });

  it.each(['http', 'https'])('serves one answer after the other, over %s', async (scheme) => {
    const port = scheme === 'http' ? await serveHttp(sendNoise) : await serveHttps(certificate, sendNoise);
    const agent = noiseAgent();
    const lanes = Array.from({ length: 4 }, async () => {
      for (const totalBytes of [0, 1, 65_536, 3 * MIB + 17, 524_288, 9 * MIB]) {
        const isChunked = totalBytes % 2 === 1;
        const hasRoom = totalBytes > MIB;
        const received = await readWithPauses(agent, {
          url: `${scheme}://noise.example.com:${port}/${totalBytes}`,
          headers: isChunked ? { 'x-chunked': '1' } : {},
          hasRoom,
        });
        expect(received).toMatchObject({ sizeBytes: totalBytes, sha256: sha256OfNoise(totalBytes) });
        expect(received.inPlaceBytes > 0).toBe(hasRoom && !isChunked);
      }
    });
    await Promise.all(lanes);
  });

  it.each(['http', 'https'])(
    'passes from closed connections to new ones, one connection at a time, over %s',
    async (scheme) => {
      const port = scheme === 'http' ? await serveHttp(sendNoise) : await serveHttps(certificate, sendNoise);
      const origin = `${scheme}://noise.example.com:${port}`;
      const passing = async () => {
        for (let round = 0; round < 30; round += 1) {
          const short = noiseAgent();
          if (round % 2 === 0) await cutOff(short, `${origin}/${3 * MIB}`);
          else await readWithPauses(short, { url: `${origin}/${2 * MIB}` });
          short.destroy();
        }
      };
      const totalBytes = 64 * MIB;
      const url = `${origin}/${totalBytes}`;
      const [received] = await Promise.all([readWithPauses(noiseAgent(), { url }), passing(), passing()]);
      expect(received).toMatchObject({ sizeBytes: totalBytes, sha256: sha256OfNoise(totalBytes) });
    },
  );

  it('does not add up from one import to the next', async () => {
    const port = await serveHttp(sendNoise);
    const readOnce = async () => {
      const agent = noiseAgent();
      await readWithPauses(agent, { url: `http://noise.example.com:${port}/${4 * MIB}` });
      agent.destroy();
    };
    const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow');
    for (let round = 0; round < 5; round += 1) await readOnce();
    const first = allocated.mock.calls.length;
    for (let round = 0; round < 20; round += 1) await readOnce();
    expect(allocated.mock.calls.length - first).toBeLessThanOrEqual(4);
    allocated.mockRestore();
  });

  it.each(['http', 'https'])('of a reader is not written after it has aborted, over %s', async (scheme) => {
    const port = scheme === 'http' ? await serveHttp(sendNoise) : await serveHttps(certificate, sendNoise);
    const memory = Buffer.alloc(4 * MIB);
    const used = await new Promise<number>((resolve, reject) => {
      let usedBytes = 0;
      const exchange = send(
        noiseAgent(),
        { url: `${scheme}://noise.example.com:${port}/${16 * MIB}` },
        {
          onHead: () => undefined,
          onChunk(chunk) {
            if (chunk.buffer !== memory.buffer) return;
            usedBytes += chunk.byteLength;
            if (usedBytes < 2 * MIB) return;
            exchange.abort();
            memory.fill(7);
            resolve(usedBytes);
          },
          onEnd: () => undefined,
          onError: reject,
          room: () => memory.subarray(usedBytes),
        },
      );
    });
    // The server has much more to send.
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(used).toBeLessThan(memory.byteLength);
    expect(memory.equals(Buffer.alloc(memory.byteLength, 7))).toBe(true);
  });
});

function noiseAgent(): HttpAgent {
  return agentFor('source:noise.example.com', {
    ca: certificate.cert,
    lookup: resolvesTo(['127.0.0.1']),
  });
}
