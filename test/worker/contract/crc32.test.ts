import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { combineCrc32, decodeCrc32, encodeCrc32 } from '../../../worker/contract/encoding/crc32.ts';

const joined = (crcs: number[], size: number, last: number) =>
  crcs.reduce((sum, crc, index) => combineCrc32(sum, crc, index === crcs.length - 1 ? last : size), 0);

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

it('encodes the CRC-32 of the check string as S3 does', () => {
  const sum = crc32(new TextEncoder().encode('123456789'));
  expect(sum).toBe(0xcbf43926);
  expect(encodeCrc32(sum)).toBe('y/Q5Jg==');
  expect(decodeCrc32('y/Q5Jg==')).toBe(sum);
});

it.each(['', 'y/Q5Jg', 'y/Q5Jg=', 'not base64!', 'AAAAAAAA'])('rejects %j as a digest', (text) => {
  expect(decodeCrc32(text)).toBeNull();
});

it.each([
  [1, 1000, 1],
  [2, 1000, 1000],
  [5, 1000, 7],
  [3, 20_000, 19_999],
])('combines %i parts of %i bytes, the last of %i, into the CRC-32 of the whole', (count, size, last) => {
  const whole = random((count - 1) * size + last);
  const parts = Array.from({ length: count }, (_, index) => whole.subarray(index * size, (index + 1) * size));
  const crcs = parts.map((part) => crc32(part));
  expect(joined(crcs, size, last)).toBe(crc32(whole));
});

it('gives another result for parts in the wrong order', () => {
  const crcs = [random(10), random(10)].map((part) => crc32(part));
  expect(joined(crcs.toReversed(), 10, 10)).not.toBe(joined(crcs, 10, 10));
});
