/** Parts that are sent while their bytes arrive, with their CRC-32 as a trailer, on real sockets. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPlainAgent } from '../../../downloader/net/guarded-agent.ts';
import type { HttpAgent } from '../../../downloader/net/http1/http-agent.ts';
import type { ByteSource, OnChunk } from '../../../downloader/content.ts';
import { JobFailure } from '../../../downloader/job-failure.ts';
import { signerFor } from '../../../downloader/upload/sign-ahead.ts';
import { PartMemory } from '../../../downloader/budget/part-memory.ts';
import { uploadObject } from '../../../downloader/upload/upload-object.ts';
import { chunkedLength } from '../../../worker/contract/encoding/aws-chunked.ts';
import { encodeCrc32 } from '../../../worker/contract/encoding/crc32.ts';
import type { PartToSign, UploadPlan } from '../../../worker/contract/downloader/upload-plan.ts';
import { readTrailedBody } from '../../support/strict-s3/requests/trailing-checksum.ts';
import type { WireRequest } from '../../support/strict-s3/requests/wire-request.ts';

const MIB = 1024 * 1024;
const PLAN: UploadPlan = {
  placementId: 'placement',
  kind: 'multipart',
  storage: 'destination',
  partSizeBytes: 8 * MIB,
  concurrency: 4,
  digest: 'crc32-trailer',
};
const failure = (code: string) => expect.objectContaining({ failure: expect.objectContaining({ code }) });

let server: Server;
let agent: HttpAgent;
/** How the storage answers; `accept` by default. */
let storage: RequestListener;
let stored: Map<number, Buffer>;
let calls: PartToSign[][];

beforeEach(async () => {
  agent = createPlainAgent();
  stored = new Map();
  calls = [];
  storage = accept;
  server = createServer((request, response) => storage(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
});

const numberOf = ({ url }: IncomingMessage) => Number(url?.split('/').at(-1));

/** The part buffers of one upload. */
const BUFFERS = 3;

/** Verifies and keeps the part, as a storage does. */
const accept: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const headers = new Map(Object.entries(request.headers as Record<string, string>));
    const { body, trailer } = readTrailedBody({ headers } as unknown as WireRequest, Buffer.concat(chunks));
    if (trailer[1] !== encodeCrc32(crc32(body))) return void response.writeHead(400).end();
    stored.set(numberOf(request), body);
    response.writeHead(200, { etag: `"${numberOf(request)}"` }).end();
  });
};

const sign = (parts: PartToSign[]) => {
  calls.push(parts);
  const { port } = server.address() as AddressInfo;
  const requests = parts.map(({ number, sizeBytes }) => ({
    number,
    method: 'PUT' as const,
    url: `http://127.0.0.1:${port}/parts/${number}`,
    headers: {
      'content-length': `${chunkedLength(sizeBytes)}`,
      'x-amz-decoded-content-length': `${sizeBytes}`,
      'x-amz-trailer': 'x-amz-checksum-crc32',
    },
    expiresAt: new Date(Date.now() + 14 * 60_000).toISOString(),
  }));
  return Promise.resolve(requests);
};

/** Different bytes at each position of the object. */
function bytesAt(start: number, length: number): Buffer {
  return Buffer.from(
    Array.from({ length }, (_, index) => ((start + index) * 31 + ((start + index) >> 9)) & 255),
  );
}
const CHUNK = bytesAt(0, 65_536);

/** Sends `CHUNK` again and again; `at` may hold back, throw or end at a position. */
function sourceOf(
  sizeBytes: number,
  at: (position: number) => void | Promise<void> = () => undefined,
  announced: number | null = sizeBytes,
): ByteSource {
  const read = async (start: number, end: number | null, onChunk: OnChunk, signal: AbortSignal) => {
    const stop = Math.min(end ?? sizeBytes, sizeBytes);
    for (let position = start; position < stop; position += CHUNK.byteLength) {
      await at(position);
      signal.throwIfAborted();
      await onChunk(CHUNK.subarray(0, Math.min(CHUNK.byteLength, stop - position)));
    }
  };
  return { sizeBytes: announced, maxLanes: 1, read };
}

const partMemory = new PartMemory(96 * MIB);

function upload(source: ByteSource, pass = new AbortController(), onActivity: () => void = () => undefined) {
  return uploadObject({
    partMemory,
    source,
    plan: PLAN,
    secondaries: [],
    sign: signerFor(PLAN, { sizeBytes: source.sizeBytes }, sign),
    routeFor: () => ({ agent, isWorker: false }),
    onActivity,
    onSent: () => undefined,
    onChunk: () => undefined,
    pass,
  });
}

/** The whole object as the storage has it. */
const object = () => Buffer.concat([...stored].toSorted(([a], [b]) => a - b).map(([, body]) => body));
const crcOf = (sizeBytes: number) => {
  let sum = 0;
  for (let at = 0; at < sizeBytes; at += CHUNK.byteLength)
    sum = crc32(CHUNK.subarray(0, sizeBytes - at), sum);
  return encodeCrc32(sum);
};

test('a storage gets the first bytes of a part before the source has sent the others', async () => {
  const arrived = Promise.withResolvers<void>();
  storage = (request, response) => {
    request.once('data', () => arrived.resolve());
    accept(request, response);
  };
  const sizeBytes = 20 * MIB + 7;
  // The source sends the second MiB only after the storage has some of the first.
  const uploaded = await upload(
    sourceOf(sizeBytes, (position) => (position === MIB ? arrived.promise : undefined)),
  );
  expect(uploaded).toMatchObject({ sizeBytes, checksums: { crc32: crcOf(sizeBytes) } });
  expect(encodeCrc32(crc32(object()))).toBe(crcOf(sizeBytes));
  expect(calls.map((parts) => parts.map(({ sizeBytes: bytes }) => bytes))).toEqual([
    [8 * MIB, 8 * MIB, 4 * MIB + 7],
  ]);
});

test('an upload that has ended leaves its share of the part memory to others, also after a failure', async () => {
  const dies = () => {
    throw new JobFailure('source_truncated', 'the connection ended inside the file');
  };
  await upload(sourceOf(9 * MIB));
  await expect(upload(sourceOf(9 * MIB, dies))).rejects.toEqual(failure('source_truncated'));
  expect(partMemory.heldBytes).toBe(0);
  const next = partMemory.join(8 * MIB, () => undefined);
  const all = Array.from({ length: 12 }, () => next.take());
  expect(all).not.toContain(null);
  for (const buffer of all) if (buffer) next.give(buffer);
  next.leave();
});

test('an upload waits while others hold all memory, and its source does not count as stalled', async () => {
  const other = partMemory.join(8 * MIB, () => undefined);
  const held = Array.from({ length: 12 }, () => other.take());
  const told = Promise.withResolvers<void>();
  let readBytes = 0;
  const source = sourceOf(9 * MIB, (position) => void (readBytes = position));
  const uploading = upload(source, new AbortController(), told.resolve);
  await told.promise;
  // The source is held back at its first bytes.
  expect([readBytes, calls.length, stored.size, partMemory.waiting]).toEqual([0, 0, 0, 1]);
  for (const buffer of held) if (buffer) other.give(buffer);
  other.leave();
  expect((await uploading).checksums.crc32).toBe(crcOf(9 * MIB));
});

test('a part of a source of unknown size is signed when its size is known', async () => {
  const sizeBytes = 9 * MIB;
  const uploaded = await upload(sourceOf(sizeBytes, undefined, null));
  expect(uploaded).toMatchObject({ sizeBytes, checksums: { crc32: crcOf(sizeBytes) } });
  expect(calls.flat().map(({ sizeBytes: bytes }) => bytes)).toEqual([8 * MIB, MIB]);
});

test('a part whose connection breaks is sent again from memory, with a new signature', async () => {
  let reads = 0;
  let breaks = 0;
  storage = (request, response) => {
    if (numberOf(request) !== 2 || breaks > 0) return accept(request, response);
    breaks += 1;
    request.once('data', () => request.socket.destroy());
  };
  const uploaded = await upload(sourceOf(24 * MIB, () => void (reads += 1)));
  expect(uploaded.checksums.crc32).toBe(crcOf(24 * MIB));
  expect(breaks).toBe(1);
  expect(reads).toBe((24 * MIB) / CHUNK.byteLength);
  expect(calls.map((parts) => parts.map(({ number }) => number))).toEqual([[1, 2, 3], [2]]);
});

test('a source that dies in the middle of a part ends the upload, and the storage has no such part', async () => {
  const dies = (position: number) => {
    if (position === 10 * MIB)
      throw new JobFailure('source_truncated', 'the connection ended inside the file');
  };
  await expect(upload(sourceOf(24 * MIB, dies))).rejects.toEqual(failure('source_truncated'));
  expect([...stored.keys()]).not.toContain(2);
});

test('a source that sends less or more than it announced ends the upload', async () => {
  await expect(upload(sourceOf(9 * MIB, undefined, 17 * MIB))).rejects.toEqual(failure('source_truncated'));
  const longer = { ...sourceOf(9 * MIB), sizeBytes: 17 * MIB } satisfies ByteSource;
  longer.read = (_, __, onChunk, signal) => sourceOf(18 * MIB).read(0, null, onChunk, signal);
  await expect(upload(longer)).rejects.toEqual(failure('source_changed'));
});

test('an attempt that ends in the middle of a part closes the connection to the storage', async () => {
  const pass = new AbortController();
  const arrived = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  storage = (request) => {
    request.once('data', () => arrived.resolve());
    request.once('close', () => closed.resolve());
  };
  const cancel = async (position: number) => {
    if (position !== 2 * MIB) return;
    await arrived.promise;
    pass.abort(new JobFailure('canceled'));
  };
  await expect(upload(sourceOf(16 * MIB, cancel), pass)).rejects.toEqual(failure('canceled'));
  await closed.promise;
});

describe('a slow storage', () => {
  test('holds the source back: no more is read than the part buffers hold', async () => {
    let readBytes = 0;
    const held: (() => void)[] = [];
    storage = (request, response) => void held.push(() => accept(request, response));
    const source = sourceOf(96 * MIB, (position) => void (readBytes = position));
    const uploading = upload(source);
    while (held.length < BUFFERS) await once(server, 'request');
    // Nothing is taken until the source has filled all buffers.
    await new Promise<void>((resolve) => {
      let last = -1;
      const timer = setInterval(() => {
        if (readBytes === last) resolve(clearInterval(timer));
        last = readBytes;
      }, 100);
    });
    expect(readBytes).toBeLessThanOrEqual(25 * MIB);
    storage = accept;
    for (const go of held) go();
    expect((await uploading).checksums.crc32).toBe(crcOf(96 * MIB));
  });
});

test('a source that is silent in the middle of a part does not count as activity of the storage', async () => {
  let touches = 0;
  const silent = Promise.withResolvers<void>();
  const uploading = upload(
    sourceOf(16 * MIB, (position) => {
      if (position !== 10 * MIB) return;
      const before = touches;
      setTimeout(() => {
        touches -= before;
        silent.resolve();
      }, 1200);
      return silent.promise;
    }),
    new AbortController(),
    () => void (touches += 1),
  );
  await silent.promise;
  // The part before may have been answered in this time.
  expect(touches).toBeLessThanOrEqual(2);
  await uploading;
});

test('an answer of the storage that comes before the end of the part is not believed', async () => {
  const answered = Promise.withResolvers<void>();
  storage = (request, response) => {
    request.once('data', () => response.writeHead(200, { etag: '"1"' }).end());
    // The client has seen the answer.
    request.socket.once('close', () => answered.resolve());
  };
  const source = sourceOf(MIB, (position) => (position === 65_536 ? answered.promise : undefined));
  await expect(upload(source)).rejects.toEqual(failure('storage_rejected'));
});
