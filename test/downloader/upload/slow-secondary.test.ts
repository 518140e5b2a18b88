/** A destination that is slower than the others, on real sockets. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Agent } from 'undici';
import type { ByteSource } from '../../../downloader/content.ts';
import { uploadObject } from '../../../downloader/upload/upload-object.ts';
import type { PartToSign, UploadPlan } from '../../../worker/contract/downloader/upload-plan.ts';
import type { Failure } from '../../../worker/contract/failure.ts';

const MIB = 1024 * 1024;
const PARTS = 16;
let server: Server;
let agent: Agent;
let base: string;
/** Paths of requests that are never answered. */
let silent: RegExp;

beforeEach(async () => {
  agent = new Agent();
  server = createServer((request, response) => {
    const path = request.url ?? '';
    if (silent.test(path)) return;
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { etag: `"${path}"` }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await agent.destroy();
  server.closeAllConnections();
  server.close();
});

const planOf = (placementId: string): UploadPlan => ({
  placementId,
  kind: 'multipart',
  storage: 'destination',
  partSizeBytes: 8 * MIB,
  concurrency: 4,
  digest: 'crc32',
});
const signerOf =
  (name: string) =>
  async ({ number }: PartToSign) => ({
    number,
    method: 'PUT' as const,
    url: `${base}/${name}/${number}`,
    headers: {},
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  });

/** Zeros, as fast as they are taken. */
function zeros(sizeBytes: number): ByteSource {
  const chunk = Buffer.alloc(256 * 1024);
  return {
    sizeBytes,
    maxLanes: 1,
    read: async (start, end, onChunk, signal) => {
      for (let at = start; at < (end ?? sizeBytes); at += chunk.byteLength) {
        signal.throwIfAborted();
        await onChunk(chunk);
      }
    },
  };
}

async function upload(names: string[], sizeBytes = PARTS * 8 * MIB) {
  const fallen: Record<string, Failure & { readBytes: number }> = {};
  let readBytes = 0;
  const uploaded = await uploadObject({
    source: zeros(sizeBytes),
    plan: planOf('primary'),
    sign: signerOf('primary'),
    secondaries: names.map((name) => ({
      plan: planOf(name),
      sign: signerOf(name),
      onFallOut: (failure) => {
        fallen[name] = { ...failure, readBytes };
      },
    })),
    routeFor: () => ({ agent, isWorker: false }),
    onActivity: () => undefined,
    onSent: () => undefined,
    onChunk: ({ byteLength }) => {
      readBytes += byteLength;
    },
    pass: new AbortController(),
    maxLagMs: 2000,
  });
  const complete = uploaded.secondaries.map(({ plan }) => plan.placementId);
  return { uploaded, fallen, complete };
}

describe('a secondary upload', () => {
  test('that takes nothing falls out after a bounded time, until when the source waits: no more is read than the part buffers hold', async () => {
    silent = /^\/(?:stuck|dead)\//;
    const { uploaded, fallen, complete } = await upload(['stuck', 'good', 'dead']);
    expect(uploaded.parts).toHaveLength(PARTS);
    expect(complete).toEqual(['good']);
    const failure = { code: 'storage_unavailable' };
    expect(fallen).toMatchObject({ stuck: failure, dead: failure });
    expect(uploaded.secondaries[0]!.parts.map(({ number }) => number)).toEqual(
      Array.from({ length: PARTS }, (_, index) => index + 1),
    );
    // The part buffers, and the chunk that waits for one.
    expect(fallen['stuck']!.readBytes).toBeLessThanOrEqual(49 * MIB);
  });

  test('that is stuck at its last part falls out as well', async () => {
    silent = new RegExp(`^/stuck/${PARTS}$`);
    const { complete, fallen } = await upload(['stuck', 'good']);
    expect(complete).toEqual(['good']);
    expect(Object.keys(fallen)).toEqual(['stuck']);
  });

  test('is not blamed when the primary one is the slowest', async () => {
    silent = /^\/never\//;
    const slow = /^\/primary\/[1-4]$/;
    const sign = signerOf('primary');
    const { fallen, complete } = await uploadWithSlowPrimary(sign, slow);
    expect(fallen).toEqual([]);
    expect(complete).toEqual(['one']);
  });
});

/** Each of the first parts of the primary upload is signed later than `maxLagMs`. */
async function uploadWithSlowPrimary(sign: ReturnType<typeof signerOf>, slow: RegExp) {
  const fallen: string[] = [];
  const { secondaries } = await uploadObject({
    source: zeros(PARTS * 8 * MIB),
    plan: planOf('primary'),
    sign: async (part) => {
      const request = await sign(part);
      if (slow.test(new URL(request.url).pathname)) await new Promise((resolve) => setTimeout(resolve, 3000));
      return request;
    },
    secondaries: [{ plan: planOf('one'), sign: signerOf('one'), onFallOut: () => void fallen.push('one') }],
    routeFor: () => ({ agent, isWorker: false }),
    onActivity: () => undefined,
    onSent: () => undefined,
    onChunk: () => undefined,
    pass: new AbortController(),
    maxLagMs: 2000,
  });
  return { fallen, complete: secondaries.map(({ plan }) => plan.placementId) };
}
