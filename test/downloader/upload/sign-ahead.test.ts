import { expect, test } from 'vitest';
import type {
  PartToSign,
  SignedRequest,
  UploadPlan,
} from '../../../worker/contract/downloader/upload-plan.ts';
import { signerFor } from '../../../downloader/upload/sign-ahead.ts';

const MIB = 1024 * 1024;
const PLAN: UploadPlan = {
  placementId: 'placement',
  kind: 'multipart',
  storage: 'destination',
  partSizeBytes: 8 * MIB,
  concurrency: 4,
  digest: 'crc32-trailer',
};
const part = (number: number): PartToSign => ({ number, sizeBytes: 8 * MIB, digest: '' });

/** A Worker that signs for `seconds`, and the numbers of each call. */
function worker(seconds = 14 * 60) {
  const calls: number[][] = [];
  const call = (parts: PartToSign[]): Promise<SignedRequest[]> => {
    calls.push(parts.map(({ number }) => number));
    const expiresAt = new Date(Date.now() + seconds * 1000).toISOString();
    return Promise.resolve(
      parts.map(({ number }) => ({
        number,
        method: 'PUT' as const,
        url: `https://bucket.example/${number}/${calls.length}`,
        headers: {},
        expiresAt,
      })),
    );
  };
  return { calls, call };
}
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

test('128 parts need two calls, also when two connections read at the same time', async () => {
  const { calls, call } = worker();
  const sign = signerFor(PLAN, 128 * 8 * MIB, call);
  for (const number of from(1, 64)) {
    const pair = await Promise.all([sign(part(number)), sign(part(number + 64))]);
    expect(pair.map((request) => request.number)).toEqual([number, number + 64]);
  }
  expect(calls).toEqual([from(1, 64), from(65, 128)]);
});

test('a part that is sent again gets a new signature, and no part is signed twice for it', async () => {
  const { calls, call } = worker();
  const sign = signerFor(PLAN, 100 * 8 * MIB, call);
  const first = await sign(part(3));
  const again = await sign(part(3));
  expect(again.url).not.toBe(first.url);
  expect(calls).toEqual([from(3, 66), [3, ...from(67, 100)]]);
});

test('a signature that is about to end is replaced before it is used', async () => {
  const { calls, call } = worker(30);
  const sign = signerFor(PLAN, 2 * 8 * MIB, call);
  await sign(part(1));
  await sign(part(2));
  expect(calls).toEqual([[1, 2], [2]]);
});

test('a part whose call failed is signed by the next call', async () => {
  const { calls, call } = worker();
  let failures = 1;
  const sign = signerFor(PLAN, 3 * 8 * MIB, (parts) => {
    if (failures === 0) return call(parts);
    failures -= 1;
    return Promise.reject(new Error('refused'));
  });
  await expect(sign(part(1))).rejects.toThrow('refused');
  expect((await sign(part(2))).number).toBe(2);
  expect((await sign(part(3))).number).toBe(3);
  expect(calls).toEqual([[2, 3]]);
});

test('a plan with another digest, or a file of unknown size, is signed part by part', async () => {
  for (const [plan, sizeBytes] of [
    [{ ...PLAN, digest: 'crc32' as const }, 80 * MIB],
    [PLAN, null],
  ] as const) {
    const { calls, call } = worker();
    await signerFor(plan, sizeBytes, call)(part(1));
    expect(calls).toEqual([[1]]);
  }
});
