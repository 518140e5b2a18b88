import { describe, expect, test } from 'vitest';
import type { PartToSign, SignedRequest } from '../../../worker/contract/downloader/upload-plan.ts';
import { createSigner } from '../../../downloader/upload/signer.ts';

const part = (number: number): PartToSign => ({ number, sizeBytes: 1, digest: 'AAAAAA==' });
const signed = ({ number }: PartToSign): SignedRequest => ({
  number,
  method: 'PUT',
  url: `https://bucket.example/${number}`,
  headers: {},
  expiresAt: '2030-01-01T00:00:00Z',
});

describe('createSigner', () => {
  test('requests all parts of one moment in one call, and returns each its own request', async () => {
    const calls: number[][] = [];
    const sign = createSigner((parts) => {
      calls.push(parts.map(({ number }) => number));
      return Promise.resolve(parts.map(signed).toReversed());
    });
    const requests = await Promise.all([1, 2, 3].map((number) => sign(part(number))));
    expect(requests.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(calls).toEqual([[1, 2, 3]]);
  });

  test('has at most two calls in progress and batches the parts that come meanwhile', async () => {
    const calls: { numbers: number[]; answer: () => void }[] = [];
    const sign = createSigner(
      (parts) =>
        new Promise((resolve) => {
          calls.push({
            numbers: parts.map(({ number }) => number),
            answer: () => resolve(parts.map(signed)),
          });
        }),
    );
    const results: Promise<SignedRequest>[] = [];
    for (const number of [1, 2, 3, 4]) {
      results.push(sign(part(number)));
      await Promise.resolve();
    }
    expect(calls.map(({ numbers }) => numbers)).toEqual([[1], [2]]);
    calls[0]?.answer();
    await results[0];
    await Promise.resolve();
    calls.slice(1).forEach(({ answer }) => answer());
    await results[1];
    calls.slice(2).forEach(({ answer }) => answer());
    await Promise.all(results);
    expect(calls[2]?.numbers).toEqual([3, 4]);
  });

  test('rejects every part of a refused batch', async () => {
    const sign = createSigner(() => Promise.reject(new Error('refused')));
    const results = await Promise.allSettled([sign(part(1)), sign(part(2))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  test('rejects a part that is missing in the answer', async () => {
    const sign = createSigner(() => Promise.resolve([]));
    await expect(sign(part(7))).rejects.toThrow('part 7');
  });
});
