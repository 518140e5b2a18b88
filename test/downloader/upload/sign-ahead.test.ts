/** How many calls the signatures of a large object cost. */
import { expect, test } from 'vitest';
import type {
  PartToSign,
  SignedRequest,
  UploadPlan,
} from '../../../worker/contract/downloader/upload-plan.ts';
import { createAheadSigner, signerFor } from '../../../downloader/upload/sign-ahead.ts';

const MIB = 1024 ** 2;
const PART_BYTES = 8 * MIB;

/** A Worker whose signatures end after `validMs`. */
function worker(validMs = 14 * 60_000) {
  const calls: PartToSign[][] = [];
  const call = async (parts: PartToSign[]): Promise<SignedRequest[]> => {
    calls.push(parts);
    const expiresAt = new Date(Date.now() + validMs).toISOString();
    return parts.map(({ number }) => ({
      number,
      method: 'PUT' as const,
      url: `https://bucket.example/${number}`,
      headers: {},
      expiresAt,
    }));
  };
  return { call, calls };
}

const part = (number: number): PartToSign => ({ number, sizeBytes: PART_BYTES, digest: '' });

/** The numbers of each call. */
const numbersOf = (calls: PartToSign[][]) => calls.map((parts) => parts.map(({ number }) => number));

test.each([
  ['in order', (number: number) => number],
  ['by six connections', (number: number) => (number % 6) * 22 + Math.floor(number / 6)],
])('the 128 parts of 1 GiB are signed by two calls: %s', async (_name, orderOf) => {
  const { call, calls } = worker();
  const sign = createAheadSigner(call, { sizeBytes: 1024 * MIB, partSizeBytes: PART_BYTES });
  const numbers = Array.from({ length: 128 }, (_, index) => index + 1);
  const inOrder = numbers.toSorted((a, b) => orderOf(a - 1) - orderOf(b - 1));
  for (const number of inOrder) expect((await sign(part(number))).number).toBe(number);
  expect(calls.length).toBe(2);
  expect(
    calls
      .flat()
      .map(({ number }) => number)
      .toSorted((a, b) => a - b),
  ).toEqual(numbers);
});

test('requests that came with the plan are used first, and the next call begins before they are used up', async () => {
  const { call, calls } = worker();
  const first = await call([1, 2, 3, 4, 5, 6, 7, 8].map(part));
  calls.length = 0;
  const sign = createAheadSigner(call, { sizeBytes: 80 * PART_BYTES, partSizeBytes: PART_BYTES, first });
  const numbers: number[] = [];
  const callsBefore: number[] = [];
  for (let number = 1; number <= 80; number += 1) {
    numbers.push((await sign(part(number))).number);
    callsBefore.push(calls.length);
  }
  expect(numbers).toEqual(Array.from({ length: 80 }, (_, index) => index + 1));
  expect([3, 4, 67, 68].map((number) => callsBefore[number - 1])).toEqual([0, 0, 1, 1]);
  expect(numbersOf(calls).map((list) => [list.at(0), list.at(-1)])).toEqual([
    [9, 72],
    [73, 80],
  ]);
});

test('of requests that came with the plan and have nearly ended, none is used', async () => {
  const { call, calls } = worker(1000);
  const first = await call([part(1), part(2)]);
  calls.length = 0;
  const sign = createAheadSigner(call, { sizeBytes: 2 * PART_BYTES, partSizeBytes: PART_BYTES, first });
  for (const number of [1, 2]) expect((await sign(part(number))).number).toBe(number);
  expect(numbersOf(calls)).toEqual([[1], [2]]);
});

test('the last part is signed with its own size', async () => {
  const { call, calls } = worker();
  const sign = createAheadSigner(call, { sizeBytes: 2 * PART_BYTES + 5, partSizeBytes: PART_BYTES });
  await sign(part(1));
  expect(calls[0]?.map(({ sizeBytes }) => sizeBytes)).toEqual([PART_BYTES, PART_BYTES, 5]);
});

test('a signature that has nearly ended is asked for again', async () => {
  const { call, calls } = worker(1000);
  const sign = createAheadSigner(call, { sizeBytes: 3 * PART_BYTES, partSizeBytes: PART_BYTES });
  await sign(part(1));
  await sign(part(2));
  expect(calls.map((parts) => parts[0]?.number)).toEqual([1, 2]);
});

test('a part that is sent again gets a new signature, and no other part is signed twice for it', async () => {
  const { call, calls } = worker();
  const sign = createAheadSigner(call, { sizeBytes: 3 * PART_BYTES, partSizeBytes: PART_BYTES });
  for (const number of [1, 1, 2, 3]) await sign(part(number));
  expect(numbersOf(calls)).toEqual([[1, 2, 3], [1]]);
});

test('a part whose call failed is signed by the next call', async () => {
  const { call, calls } = worker();
  let failures = 1;
  const unsteady = (parts: PartToSign[]) => {
    failures -= 1;
    return failures < 0 ? call(parts) : Promise.reject(new Error('refused'));
  };
  const sign = createAheadSigner(unsteady, { sizeBytes: 3 * PART_BYTES, partSizeBytes: PART_BYTES });
  await expect(sign(part(1))).rejects.toThrow('refused');
  for (const number of [2, 3]) expect((await sign(part(number))).number).toBe(number);
  expect(numbersOf(calls)).toEqual([[2, 3]]);
});

test('a plan with another digest, or a file of unknown size, is signed part by part', async () => {
  const plan: UploadPlan = {
    placementId: 'placement',
    kind: 'multipart',
    storage: 'destination',
    partSizeBytes: PART_BYTES,
    concurrency: 4,
    digest: 'crc32-trailer',
  };
  for (const [changed, sizeBytes] of [
    [{ ...plan, digest: 'crc32' as const }, 3 * PART_BYTES],
    [plan, null],
  ] as const) {
    const { call, calls } = worker();
    await signerFor(changed, { sizeBytes }, call)(part(1));
    expect(numbersOf(calls)).toEqual([[1]]);
  }
});

const SINGLE: UploadPlan = {
  placementId: 'placement',
  kind: 'single',
  storage: 'destination',
  partSizeBytes: PART_BYTES,
  concurrency: 1,
  digest: 'crc32',
};

test.each([
  ['that is valid for a minute is used once', 60_000, 1],
  ['that ends within seconds is not used', 10_000, 2],
])('a request with the plan %s', async (_name, validMs, expectedCalls) => {
  const first = await worker(validMs).call([part(1)]);
  const { call, calls } = worker();
  const sign = signerFor(SINGLE, { sizeBytes: PART_BYTES, first }, call);
  await sign(part(1));
  await sign(part(1));
  expect(calls.length).toBe(expectedCalls);
});
