import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { parseEgressAllow } from '../../../../worker/contract/address-policy.ts';
import { createGuardedAgent } from '../../../../downloader/net/guarded-agent.ts';
import { getFollowing } from '../../../../downloader/sources/http/http-get.ts';
import { HttpSource } from '../../../../downloader/sources/http/http-source.ts';
import { startRangeServer, type Behaviour } from './range-server.ts';

const MIB = 1024 * 1024;
const BYTES = randomBytes(6 * MIB + 17);
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function open(
  behave: (count: number, path: string) => Behaviour = () => ({}),
  validator: string | null = '"v1"',
) {
  const server = await startRangeServer(BYTES, behave);
  const agent = createGuardedAgent({ allow: parseEgressAllow('127.0.0.1'), purpose: 'source' });
  cleanUps.push(server.close, async () => agent.destroy());
  const url = new URL(server.url);
  const abort = new AbortController();
  const options = { agent, url, idleTimeoutMs: 2000, signal: abort.signal };
  const first = await getFollowing({ ...options, headers: { range: 'bytes=0-' } });
  await first.body.peek(1000);
  const source = new HttpSource({
    ...options,
    first,
    sizeBytes: BYTES.length,
    validator,
    inOrder: false,
  });
  const read = async (start: number, end: number | null) => {
    const chunks: Buffer[] = [];
    await source.read(start, end, (chunk) => void chunks.push(Buffer.from(chunk)), abort.signal);
    return Buffer.concat(chunks);
  };
  return { server, source, read, abort, agent };
}

const failure = (code: string) => expect.objectContaining({ failure: expect.objectContaining({ code }) });

/** A source that sends these bytes behind a head and closes the connection at once. Resolves with its end, seen from the source. */
async function openClosing(bytes: Buffer, head: string) {
  const closed = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () =>
      socket.end(Buffer.concat([Buffer.from(`${head}Connection: close\r\n\r\n`), bytes])),
    );
    socket.once('finish', closed.resolve);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = createGuardedAgent({
    allow: parseEgressAllow('127.0.0.1'),
    purpose: 'source',
  });
  cleanUps.push(
    async () => agent.destroy(),
    async () => void server.close(),
  );
  const { port } = server.address() as AddressInfo;
  const options = { agent, idleTimeoutMs: 2000, signal: new AbortController().signal };
  const { body } = await getFollowing({ ...options, url: new URL(`http://127.0.0.1:${port}/`), headers: {} });
  return { body, closed: closed.promise };
}

function inChunks(bytes: Buffer, chunkBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = bytes.subarray(at, at + chunkBytes);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

/** Long enough for the end of a connection on loopback to arrive. */
const ARRIVES_MS = 20;

describe('a source that closes its connection while it is held back', () => {
  const bytes = BYTES.subarray(0, 300 * 1024);
  const HEADS = [
    ['a length', `HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n`, bytes],
    ['neither length nor chunks', 'HTTP/1.1 200 OK\r\n', bytes],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n', inChunks(bytes, 4000)],
  ] as const;
  test.for(HEADS)('sends all bytes in order, with %s', async ([, head, sent]) => {
    const { body, closed } = await openClosing(sent, head);
    await body.peek(1000);
    await closed;
    await delay(ARRIVES_MS);
    const read: Buffer[] = [];
    const running = { now: 0, most: 0 };
    await body.consume(async (chunk) => {
      running.most = Math.max(running.most, (running.now += 1));
      const copy = Buffer.from(chunk);
      await delay(ARRIVES_MS);
      read.push(copy);
      running.now -= 1;
    });
    expect(Buffer.concat(read).equals(bytes)).toBe(true);
    expect(running.most).toBe(1);
  });
});

describe('HttpSource', () => {
  test('continues the first answer as the first read and closes it at the end of its range', async () => {
    const { server, read } = await open();
    expect((await read(0, 2 * MIB)).equals(BYTES.subarray(0, 2 * MIB))).toBe(true);
    expect(server.requests).toHaveLength(1);
    await expect.poll(server.connections).toBe(0);
  });

  test('asks for other ranges exactly, under the validator', async () => {
    const { server, read } = await open();
    const [first, second] = await Promise.all([read(0, 3 * MIB), read(3 * MIB, BYTES.length)]);
    expect(Buffer.concat([first, second]).equals(BYTES)).toBe(true);
    expect(server.requests[1]).toMatchObject({
      range: `bytes=${3 * MIB}-${BYTES.length - 1}`,
      ifRange: '"v1"',
    });
    expect(server.requests[1]?.headers['accept-encoding']).toBe('identity');
  });

  test('uses connections again for the next ranges', async () => {
    const { server, read } = await open();
    for (let part = 1; part < 5; part += 1) {
      const [start, end] = [part * MIB, (part + 1) * MIB];
      expect((await read(start, end)).equals(BYTES.subarray(start, end))).toBe(true);
    }
    const ports = server.requests.slice(1).map(({ clientPort }) => clientPort);
    // The next request may be sent before the last connection is free again.
    expect(new Set(ports).size).toBeLessThanOrEqual(2);
  });

  test('continues where a connection broke, again and again while there is progress', async () => {
    const { server, read } = await open((count) => (count < 6 ? { cutAfter: MIB + 3 } : {}));
    expect((await read(0, BYTES.length)).equals(BYTES)).toBe(true);
    expect(server.requests.length).toBeGreaterThanOrEqual(6);
    expect(server.requests[1]?.ifRange).toBe('"v1"');
  });

  test('fails for a source that breaks without progress', async () => {
    const { server, read } = await open((count) => (count === 1 ? {} : { cutAfter: 1 }));
    await expect(read(4 * MIB, 5 * MIB)).rejects.toEqual(failure('source_truncated'));
    expect(server.requests).toHaveLength(6);
  });

  test('asks again when a source goes silent', async () => {
    const { read } = await open((count) => (count === 2 ? { hangAfter: 100 } : {}));
    expect((await read(4 * MIB, 5 * MIB)).equals(BYTES.subarray(4 * MIB, 5 * MIB))).toBe(true);
  });

  test('does not count its own back-pressure as silence', async () => {
    const { source, server } = await open();
    let held = 0;
    const holding = async () => {
      if ((held += 1) === 3) await new Promise((resolve) => setTimeout(resolve, 1500));
    };
    await source.read(MIB, 3 * MIB, holding, new AbortController().signal);
    expect(server.requests).toHaveLength(2);
  });

  test('waits out a 503 between two ranges', async () => {
    const { read } = await open((count) => (count === 2 ? { status: 503 } : {}));
    expect((await read(MIB, 2 * MIB)).equals(BYTES.subarray(MIB, 2 * MIB))).toBe(true);
  });

  test.each<[string, Behaviour]>([
    ['another ETag', { etag: '"v2"' }],
    ['another ETag in a range', { etag: '"v2"', ignoreIfRange: true }],
    ['another size', { headers: { 'content-range': `bytes ${MIB}-${2 * MIB - 1}/${BYTES.length + 1}` } }],
    ['no ETag any more', { etag: null }],
  ])('never mixes two versions: %s is source_changed', async (_, behaviour) => {
    const { read } = await open((count) => (count === 1 ? {} : behaviour));
    await expect(read(MIB, 2 * MIB)).rejects.toEqual(failure('source_changed'));
  });

  test.each<[string, Behaviour, string]>([
    ['another range', { shift: 1 }, 'source_rejected'],
    ['404', { status: 404 }, 'source_not_found'],
    ['403', { status: 403 }, 'source_forbidden'],
    ['416', { status: 416 }, 'source_rejected'],
  ])('a range answered with %s fails as %s', async (_, behaviour, code) => {
    const { read } = await open((count) => (count === 1 ? {} : behaviour));
    await expect(read(MIB, 2 * MIB)).rejects.toEqual(failure(code));
  });

  test('without a validator a broken body is source_truncated, and nothing is asked again', async () => {
    const { server, read } = await open(() => ({ cutAfter: 2 * MIB }), null);
    await expect(read(0, BYTES.length)).rejects.toEqual(failure('source_truncated'));
    expect(server.requests).toHaveLength(1);
  });

  test('reads again from the start without a range when it has no validator', async () => {
    const { server, read } = await open(undefined, null);
    expect((await read(0, BYTES.length)).equals(BYTES)).toBe(true);
    expect((await read(0, BYTES.length)).equals(BYTES)).toBe(true);
    expect(server.requests[1]?.range).toBeUndefined();
  });

  test('a second reading from the start notices another version', async () => {
    const { read } = await open((count) => (count === 1 ? {} : { etag: '"v2"' }), null);
    await read(0, BYTES.length);
    await expect(read(0, BYTES.length)).rejects.toEqual(failure('source_changed'));
  });

  test.each([
    [-1, 'source_truncated'],
    [1, 'source_changed'],
  ])('a reading of its own that comes in chunks with %i byte more ends with %s', async (more, code) => {
    const bytes = more < 0 ? BYTES.subarray(0, more) : Buffer.concat([BYTES, Buffer.alloc(more)]);
    const server = await startRangeServer(BYTES, () => ({ bytes, isChunked: true }));
    const agent = createGuardedAgent({ allow: parseEgressAllow('127.0.0.1'), purpose: 'source' });
    cleanUps.push(server.close, async () => agent.destroy());
    const source = new HttpSource({
      agent,
      url: new URL(server.url),
      first: null,
      sizeBytes: BYTES.length,
      validator: null,
      inOrder: true,
      idleTimeoutMs: 2000,
    });
    const reading = source.read(0, BYTES.length, () => undefined, new AbortController().signal);
    await expect(reading).rejects.toEqual(failure(code));
  });

  test('an abort ends the reading with its reason and leaves no connection', async () => {
    const { server, source, abort } = await open((count) => (count === 1 ? {} : { hangAfter: MIB }));
    const reason = new Error('enough');
    const reading = source.read(MIB, 4 * MIB, () => abort.abort(reason), abort.signal);
    await expect(reading).rejects.toBe(reason);
    await expect.poll(server.connections).toBe(0);
  });

  test('an error of the reader is thrown unchanged, without another request', async () => {
    const { server, source } = await open();
    const refusal = new Error('no more');
    const reading = source.read(0, MIB, () => Promise.reject(refusal), new AbortController().signal);
    await expect(reading).rejects.toBe(refusal);
    expect(server.requests).toHaveLength(1);
  });

  test('a slow reader holds the source back and loses nothing', async () => {
    const { source } = await open();
    const chunks: Buffer[] = [];
    const slow = async (chunk: Uint8Array) => {
      chunks.push(Buffer.from(chunk));
      await new Promise((resolve) => setImmediate(resolve));
    };
    await source.read(0, BYTES.length, slow, new AbortController().signal);
    expect(Buffer.concat(chunks).equals(BYTES)).toBe(true);
  });
});
