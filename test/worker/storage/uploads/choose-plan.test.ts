import { describe, expect, it } from 'vitest';
import { choosePlan, chooseSamePlan, commonLimits } from '../../../../worker/storage/uploads/choose-plan.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const limits = { maxParts: 10_000, minPartBytes: 5 * MIB, singlePut: true, maxBytes: 50 * GIB };

describe('choosePlan', () => {
  it.each([
    ['a small file is one PUT', 1, limits, 'single', 8 * MIB],
    ['up to the limit', 8 * MIB, limits, 'single', 8 * MIB],
    ['one byte more is multipart', 8 * MIB + 1, limits, 'multipart', 8 * MIB],
    ['a small file of unknown size is multipart', null, limits, 'multipart', 16 * MIB],
    [
      'where one PUT cannot be bound, a small file is one part',
      1,
      { ...limits, singlePut: false },
      'multipart',
      8 * MIB,
    ],
    ['a large file gets larger parts', 100 * GIB, limits, 'multipart', 11 * MIB],
    [
      'a storage of 1,000 parts gets larger parts',
      20 * GIB,
      { ...limits, maxParts: 1000 },
      'multipart',
      22 * MIB,
    ],
    ['unknown sizes count on the largest file', null, { ...limits, maxParts: 1000 }, 'multipart', 54 * MIB],
    [
      'a storage of large segments gets parts as large',
      20 * MIB,
      { ...limits, minPartBytes: 64 * MIB },
      'multipart',
      64 * MIB,
    ],
    [
      'parts never exceed what the edge takes',
      60 * GIB,
      { ...limits, maxParts: 1000 },
      'multipart',
      64 * MIB,
    ],
  ])('%s', (_, sizeBytes, given, kind, partSizeBytes) => {
    expect(choosePlan(sizeBytes, given)).toEqual({ kind, partSizeBytes });
  });

  it('refuses a file that does not fit the parts of a storage', () => {
    expect(choosePlan(1000 * 64 * MIB + 1, { ...limits, maxParts: 1000 })).toBeNull();
  });
});

describe('plans of several storages', () => {
  const few = { ...limits, maxParts: 1000 };
  const segments = { ...limits, minPartBytes: 64 * MIB, singlePut: false };

  it('have parts of a size that suits all', () => {
    expect(choosePlan(20 * GIB, commonLimits(limits, [few]))).toMatchObject({ partSizeBytes: 22 * MIB });
    expect(choosePlan(GIB, commonLimits(few, [limits, segments]))).toMatchObject({ partSizeBytes: 64 * MIB });
    expect(commonLimits(limits, [])).toEqual(limits);
  });

  it.each([
    ['the same parts', GIB, 8 * MIB, limits, { kind: 'multipart', partSizeBytes: 8 * MIB }],
    [
      'the same parts of an unknown size',
      null,
      16 * MIB,
      few,
      { kind: 'multipart', partSizeBytes: 16 * MIB },
    ],
    ['no parts that are too small', GIB, 8 * MIB, segments, null],
    ['no more parts than it takes', 9 * GIB, 8 * MIB, few, null],
    ['a small file by one PUT', MIB, 64 * MIB, limits, { kind: 'single', partSizeBytes: 8 * MIB }],
    ['a small file as one part', MIB, 8 * MIB, segments, { kind: 'multipart', partSizeBytes: 64 * MIB }],
  ] as const)('a second one gets %s', (_, sizeBytes, partSizeBytes, its, plan) => {
    expect(chooseSamePlan(sizeBytes, partSizeBytes, its)).toEqual(plan);
  });
});
