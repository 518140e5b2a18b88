/** A destination that is slower than the others, on real sockets. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPlainAgent } from '../../../downloader/net/guarded-agent.ts';
import type { HttpAgent } from '../../../downloader/net/http1/http-agent.ts';
import type { ByteSource } from '../../../downloader/content.ts';
import { createLag, hasLateParts } from '../../../downloader/upload/lag.ts';
import { PartMemory } from '../../../downloader/budget/part-memory.ts';
import { uploadObject } from '../../../downloader/upload/upload-object.ts';
import type { PartToSign, UploadPlan } from '../../../worker/contract/downloader/upload-plan.ts';
import type { Failure } from '../../../worker/contract/failure.ts';

const MIB = 1024 * 1024;
const PARTS = 8;
let server: Server;
let agent: HttpAgent;
let base: string;
/** Paths of requests that are never answered. */
const SILENT = new RegExp(`^/(?:(?:stuck|dead)/|last/${PARTS}$)`);

beforeEach(async () => {
  agent = createPlainAgent();
  server = createServer((request, response) => {
    const path = request.url ?? '';
    if (SILENT.test(path)) return;
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
  agent.destroy();
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
    partMemory: new PartMemory(128 * MIB),
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
    maxLagMs: 1000,
  });
  return { uploaded, fallen };
}

test('secondary uploads that take nothing fall out after a bounded time; until then no more is read than the part buffers hold', async () => {
  const { uploaded, fallen } = await upload(['stuck', 'dead']);
  expect(uploaded.parts).toHaveLength(PARTS);
  expect(uploaded.secondaries).toEqual([]);
  for (const name of ['stuck', 'dead']) {
    expect(fallen[name]).toMatchObject({ code: 'storage_unavailable' });
    // The part buffers, and the chunk that waits for one.
    expect(fallen[name]!.readBytes).toBeLessThanOrEqual(25 * MIB);
  }
});

test('a secondary upload that is stuck at its last part falls out as well', async () => {
  const { uploaded, fallen } = await upload(['last']);
  expect(uploaded.secondaries).toEqual([]);
  expect(fallen['last']).toMatchObject({ readBytes: PARTS * 8 * MIB });
});

describe('the lag of an upload', () => {
  const secondsUntilOut = (isLate: (second: number) => boolean) => {
    const isTooLate = createLag(20_000);
    const second = Array.from({ length: 1000 }, (_, index) => index).find((index) =>
      isTooLate(isLate(index), 1000),
    );
    return second ?? null;
  };

  test.each([
    ['that is stuck: 20 s', () => true, 20],
    ['that is never late: no limit', () => false, null],
    ['that takes half longer than the others: no limit', (second: number) => second % 3 === 0, null],
    ['that takes twice as long as the others: a limit', (second: number) => second % 2 === 0, 78],
  ])('%s', (_, isLate, seconds) => {
    expect(secondsUntilOut(isLate)).toBe(seconds);
  });

  test('counts only parts that the primary upload has sent', () => {
    expect(hasLateParts(new Set([1, 2]), new Set([1, 2, 3]))).toBe(false);
    expect(hasLateParts(new Set([1, 2]), new Set([2]))).toBe(true);
    expect(hasLateParts(new Set(), new Set([2]))).toBe(false);
  });
});
