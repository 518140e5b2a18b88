import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { combineCrc32, encodeCrc32 } from '../../worker/contract/encoding/crc32.ts';

describe('combineCrc32', () => {
  test.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [7, 13],
    [1024, 1023],
    [65_536, 1],
    [3_000_001, 5_242_880],
  ])('of %i and %i bytes equals the CRC of the joined bytes', (first, second) => {
    const bytes = randomBytes(first + second);
    const combined = combineCrc32(crc32(bytes.subarray(0, first)), crc32(bytes.subarray(first)), second);
    expect(combined).toBe(crc32(bytes));
  });

  test('supports lengths above 32 bits: appending zeros in one step or in many gives the same result', () => {
    const start = crc32(Buffer.from('start'));
    let zeros = crc32(Buffer.alloc(2 ** 20));
    for (let bytes = 2 ** 20; bytes < 2 ** 30; bytes *= 2) zeros = combineCrc32(zeros, zeros, bytes);
    let inSteps = start;
    let zerosOfEight = zeros;
    for (let step = 0; step < 8; step += 1) inSteps = combineCrc32(inSteps, zeros, 2 ** 30);
    for (let bytes = 2 ** 30; bytes < 2 ** 33; bytes *= 2) {
      zerosOfEight = combineCrc32(zerosOfEight, zerosOfEight, bytes);
    }
    const atOnce = combineCrc32(start, zerosOfEight, 2 ** 33);
    expect(atOnce).toBe(inSteps);
  });

  test('is encoded as in S3', () => {
    // The check value of CRC-32: "123456789" is cbf43926.
    expect(encodeCrc32(crc32(Buffer.from('123456789')))).toBe('y/Q5Jg==');
  });
});
