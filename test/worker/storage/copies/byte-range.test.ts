import { expect, it } from 'vitest';
import { parseByteRange } from '../../../../worker/storage/copies/byte-range.ts';

it.each([
  [null, null],
  ['bytes=0-0', { offset: 0, length: 1 }],
  ['bytes=0-99', { offset: 0, length: 100 }],
  ['bytes=10-', { offset: 10, length: 90 }],
  ['bytes=10-5000', { offset: 10, length: 90 }],
  ['bytes=-10', { offset: 90, length: 10 }],
  ['bytes=-5000', { offset: 0, length: 100 }],
  ['BYTES = 1 - 2', { offset: 1, length: 2 }],
  ['bytes=99-99', { offset: 99, length: 1 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=100-200', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-2', 'unsatisfiable'],
  ['bytes=0-1,5-6', 'unsatisfiable'],
  ['bytes=99999999999999999999-', 'unsatisfiable'],
  ['bytes=', null],
  ['bytes=-', null],
  ['bytes=a-b', null],
  ['bytes=1.5-2', null],
  ['items=0-1', null],
  ['nonsense', null],
] as const)('of 100 bytes, %j means %j', (header, expected) => {
  expect(parseByteRange(header, 100)).toEqual(expected);
});
