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
