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
