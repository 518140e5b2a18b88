import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as crc32OfZlib } from 'node:zlib';
import { expect, test } from 'vitest';
import { crc32, findNative } from '../../../downloader/upload/crc32.ts';
import { bundleDownloader } from '../../../scripts/build/bundle-downloader.ts';

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) >> 3));

test('the native CRC-32 gives what zlib gives, for all lengths and in pieces', () => {
  expect(findNative()).not.toBeNull();
  for (const length of [0, 1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 1000, 16_384, 300_000])
    for (const offset of [0, 1, 3]) {
      const bytes = BYTES.subarray(offset, length);
      expect(crc32(bytes)).toBe(crc32OfZlib(bytes));
    }
  let pieces = 0;
  for (let at = 0; at < BYTES.length; at += 12_345)
    pieces = crc32(new Uint8Array(BYTES.subarray(at, at + 12_345)), pieces);
  expect(pieces).toBe(crc32OfZlib(BYTES));
});

test('the bundle of the downloader has the addon beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  try {
    const main = await bundleDownloader(folder);
    const addon = createRequire(main)('./crc32.node') as { crc32: typeof crc32 };
    expect(addon.crc32(BYTES)).toBe(crc32OfZlib(BYTES));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
