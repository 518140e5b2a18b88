/** The chunked transfer coding, as a connection hands it over: batch by batch, in memory that may be changed. */
import { expect, test } from 'vitest';
import { ChunkedBody } from '../../../../downloader/net/http1/chunked-body.ts';
import { Random } from '../../../fuzz/random.ts';

const KIB = 1024;

/** Reads the wire in batches. Returns copies of the pieces, and what was thrown. */
function read(wire: Buffer, nextBatchBytes: () => number) {
  const body = new ChunkedBody();
  const pieces: Buffer[] = [];
  let usedBytes = 0;
  try {
    for (let at = 0; at < wire.byteLength && !body.isComplete;) {
      let batch = Buffer.from(wire.subarray(at, at + nextBatchBytes()));
      at += batch.byteLength;
      while (batch.byteLength > 0 && !body.isComplete) {
        const taken = body.take(batch);
        if (taken.piece) pieces.push(Buffer.from(taken.piece));
        batch = batch.subarray(taken.usedBytes);
        usedBytes += taken.usedBytes;
      }
    }
  } catch (error) {
    return { pieces, bytes: Buffer.concat(pieces), usedBytes, error: String(error), isComplete: false };
  }
  return { pieces, bytes: Buffer.concat(pieces), usedBytes, error: null, isComplete: body.isComplete };
}

const chunk = (bytes: Buffer, extension = '') =>
  Buffer.concat([
    Buffer.from(`${bytes.byteLength.toString(16)}${extension}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ]);
const END = Buffer.from('0\r\n\r\n');

test('single bytes are delivered together, once for each batch of the connection', () => {
  const bytes = new Random(1).bytes(100_000);
  const wire = Buffer.concat([...Array.from(bytes, (byte) => chunk(Buffer.from([byte]))), END]);
  const { pieces, bytes: found, isComplete } = read(wire, () => 128 * KIB);
  expect(found.equals(bytes)).toBe(true);
  expect([pieces.length, isComplete]).toEqual([Math.ceil(wire.byteLength / (128 * KIB)), true]);
});

test('long pieces stay where the connection has read them', () => {
  const bytes = new Random(2).bytes(30_000);
  const [first, second] = [bytes.subarray(0, 10_000), bytes.subarray(10_000)];
  const wire = Buffer.concat([chunk(first), chunk(second), END]);
  const body = new ChunkedBody();
  const one = body.take(wire);
  const two = body.take(wire.subarray(one.usedBytes));
  expect([one.piece?.byteOffset, two.piece?.byteOffset]).toEqual([
    wire.byteOffset + '2710\r\n'.length,
    wire.byteOffset + '2710\r\n'.length + 10_000 + '\r\n4e20\r\n'.length,
  ]);
  expect(Buffer.concat([one.piece!, two.piece!]).equals(bytes)).toBe(true);
  expect(body.isComplete).toBe(true);
});

test('chunks of any lengths, with extensions and trailers, come in order however the batches cut them', () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = new Random(seed);
    const lengths = Array.from({ length: 1 + random.below(60) }, () =>
      random.oneIn(4) ? 1 + random.below(9000) : 1 + random.below(40),
    );
    const parts = lengths.map((length) => random.bytes(length));
    const wire = Buffer.concat([
      ...parts.map((part) => chunk(part, random.pick(['', '', '', ';a', ' ;b="c"']))),
      Buffer.from(random.pick(['0\r\n\r\n', '000\r\n\r\n', '0\r\nName: value\r\n\r\n'])),
    ]);
    const longest = random.pick([1, 3, 50, 5000, 128 * KIB]);
    const { bytes, usedBytes, isComplete } = read(wire, () => 1 + random.below(longest));
    expect(bytes.equals(Buffer.concat(parts)), `seed ${seed}`).toBe(true);
    expect([usedBytes, isComplete]).toEqual([wire.byteLength, true]);
  }
});

test.each([
  ['a size that is none', 'xyz\r\n', 'the size of a chunk'],
  ['an empty size', '\r\n', 'the size of a chunk'],
  ['a negative size', '-1\r\n', 'the size of a chunk'],
  ['a size with a prefix', '0x5\r\nhello\r\n', 'the size of a chunk'],
  ['a size of 13 digits', 'fffffffffffff\r\n', 'the size of a chunk'],
  ['a size that ends with LF alone', '5\nhello\r\n', 'CR LF'],
  ['a chunk that is longer than its size', '2\r\nhello\r\n', 'CR LF|longer than its size'],
  ['a chunk that ends with LF alone', '2\r\nhe\n0\r\n\r\n', 'CR LF'],
  ['an endless extension', `5;${'a'.repeat(5000)}`, 'too long'],
  ['endless trailers', `0\r\n${'a: b\r\n'.repeat(200)}`, 'too many trailers'],
])('%s is refused after the bytes before it, wherever a batch ends', (_name, bad, reason) => {
  const good = Buffer.from('1\r\na\r\n2\r\nbc\r\n');
  const wire = Buffer.concat([good, Buffer.from(bad)]);
  const cuts = [wire.byteLength, ...Array.from({ length: Math.min(wire.byteLength, 40) }, (_, at) => at + 1)];
  for (const cut of cuts) {
    const batches = [cut, wire.byteLength];
    const { bytes, error } = read(wire, () => batches.shift() ?? wire.byteLength);
    expect(error, `cut at ${cut}`).toMatch(new RegExp(`not HTTP/1.1: .*(?:${reason})`));
    expect(bytes.toString('latin1', 0, 3)).toBe('abc');
  }
});

test('bytes behind the end are left to the connection', () => {
  const wire = Buffer.from('1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n');
  const { bytes, usedBytes, isComplete } = read(wire, () => wire.byteLength);
  expect([bytes.toString(), usedBytes, isComplete]).toEqual(['a', '1\r\na\r\n0\r\n\r\n'.length, true]);
});
