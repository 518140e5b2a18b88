import { expect, test } from 'vitest';
import { HttpBody } from '../../../../downloader/sources/http/http-body.ts';

const nothing = () => undefined;

function bodyOf(...chunks: Buffer[]): HttpBody {
  const body = new HttpBody({ pause: nothing, resume: nothing, abort: nothing });
  for (const chunk of chunks) body.push(chunk);
  return body;
}

test('single bytes that are held share memory', async () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
  const body = bodyOf(...Array.from(bytes, (byte) => Buffer.from([byte])));
  body.end(null);
  const chunks: Uint8Array[] = [];
  await body.consume((chunk) => void chunks.push(chunk));
  expect(chunks.length).toBeLessThan(10);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
});

test('bytes of any lengths are held, looked at again and again, and delivered once', async () => {
  const bytes = Buffer.from(Array.from({ length: 120_000 }, (_, index) => (index * 7) % 253));
  const body = bodyOf(bytes.subarray(0, 10));
  expect(await body.peek(10)).toEqual({ bytes: bytes.subarray(0, 10), ended: false });
  for (const [start, end] of [
    [10, 11],
    [11, 20_000],
    [20_000, 36_384],
    [36_384, 120_000],
  ])
    body.push(bytes.subarray(start, end));
  expect((await body.peek(50_000)).bytes.equals(bytes)).toBe(true);
  body.end(null);
  expect(await body.peek(200_000)).toEqual({ bytes, ended: true });
  const chunks: Buffer[] = [];
  expect(await body.consume((chunk) => void chunks.push(Buffer.from(chunk)))).toBe(bytes.byteLength);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
});

const KIB = 1024;

test('what was looked at is delivered in pieces, so that consumers keep little of it', async () => {
  const bytes = Buffer.concat(Array.from({ length: 32 }, (_, index) => Buffer.alloc(60 * KIB, index)));
  const body = bodyOf(bytes);
  const { bytes: head } = await body.peek(64 * KIB);
  body.push(Buffer.alloc(100 * KIB, 7));
  body.end(null);
  const { bytes: all } = await body.peek(3 * KIB * KIB);
  // The caller of the first look may have kept what it got.
  expect(head.equals(bytes)).toBe(true);
  const pieces: Buffer[] = [];
  await body.consume((chunk) => void pieces.push(Buffer.from(chunk)));
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(256 * KIB);
  expect(Buffer.concat(pieces).equals(all)).toBe(true);
});

test('what was looked at stays, unless nobody keeps it', async () => {
  const keptBytes = async (isKept: boolean) => {
    const body = bodyOf(Buffer.alloc(100 * KIB), Buffer.alloc(100 * KIB));
    body.end(null);
    const { bytes } = await body.peek(KIB);
    if (!isKept) body.forgetPeeked(bytes);
    expect(await body.consume(nothing)).toBe(200 * KIB);
    return bytes.length;
  };
  expect([await keptBytes(true), await keptBytes(false)]).toEqual([200 * KIB, 0]);
});

/**
 * A server that sends in pieces of random lengths, until it is paused. As a connection does, it chooses the memory of a read after
 * the read before, and may deliver a second piece of a read during a pause.
 */
function serverOf(bytes: Buffer, random: () => number) {
  const state = { isPaused: false, sentBytes: 0, target: null as Buffer | null };
  const exchange = {
    pause: () => void (state.isPaused = true),
    resume: () => void (state.isPaused = false),
    abort: nothing,
  };
  const body = new HttpBody(exchange);
  const send = (): boolean => {
    if (state.isPaused || state.sentBytes === bytes.byteLength) return false;
    const { target } = state;
    const mostBytes = Math.min(1 + Math.floor(random() * 3000), target?.byteLength ?? Infinity);
    const next = bytes.subarray(state.sentBytes, state.sentBytes + mostBytes);
    state.sentBytes += next.byteLength;
    if (target) target.set(next);
    const read = target ? target.subarray(0, next.byteLength) : Buffer.from(next);
    const firstBytes = random() < 0.3 ? Math.ceil(read.byteLength / 2) : read.byteLength;
    body.push(read.subarray(0, firstBytes));
    if (firstBytes < read.byteLength) body.push(read.subarray(firstBytes));
    if (state.sentBytes === bytes.byteLength) body.end(null);
    state.target = state.isPaused || random() < 0.3 ? null : body.room();
    return true;
  };
  return { body, send };
}

const RETURNED = Buffer.alloc(10_000, 0xee);

/** Lends so many buffers, but not with every call. What it gets back must not be written any more. */
function lenderOf(count: number, random = () => 1) {
  const lent = new Set<Buffer>();
  const returned: Buffer[] = [];
  const lend = () => {
    if (lent.size + returned.length === count || random() < 0.2) return null;
    const buffer = Buffer.alloc(10_000);
    lent.add(buffer);
    return buffer;
  };
  const takeBack = (buffer: Buffer) => {
    expect(lent.delete(buffer)).toBe(true);
    returned.push(buffer.fill(0xee));
  };
  const expectReturned = () => {
    expect(lent.size).toBe(0);
    for (const buffer of returned) expect(buffer.equals(RETURNED)).toBe(true);
  };
  return { lender: { lend, takeBack }, lent, expectReturned };
}

test('bytes that were read ahead come in order and once, wherever the server stands when they are wanted', async () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    let state = seed;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 7 + seed) % 251));
    const { body, send } = serverOf(bytes, random);
    const peeked = body.peek(5000);
    while (send());
    await peeked;
    const { lender, expectReturned } = lenderOf(Math.floor(random() * 8), random);
    body.readAhead(lender);
    for (let turns = random() * 40; turns > 0 && send(); turns -= 1);
    const chunks: Buffer[] = [];
    const consumed = body.consume(
      (chunk) => {
        chunks.push(Buffer.from(chunk));
        return random() < 0.2 ? Promise.resolve() : undefined;
      },
      { isExact: true },
    );
    const running = new Set([consumed]);
    void consumed.finally(() => running.clear());
    while (running.size > 0) {
      send();
      await Promise.resolve();
    }
    expect(await consumed).toBe(bytes.byteLength);
    expect(Buffer.concat(chunks).equals(bytes), `seed ${seed}`).toBe(true);
    expectReturned();
  }
});

test('a body that nobody wants after all gives its memory back and ends its connection', () => {
  let aborts = 0;
  const body = new HttpBody({ pause: nothing, resume: nothing, abort: () => void (aborts += 1) });
  const { lender, lent } = lenderOf(2);
  body.readAhead(lender);
  body.push(Buffer.alloc(15_000));
  expect(lent.size).toBe(2);
  body.stopAhead();
  body.stopAhead();
  expect([lent.size, aborts]).toEqual([0, 1]);
});
