import { expect, it } from 'vitest';
import { fromBase64, toBase64, toBase64Url } from '../../worker/contract/encoding/base64.ts';

const every = Uint8Array.from({ length: 1024 }, (_, index) => index % 251);

it.each([0, 1, 2, 3, 255, 1024])('%i bytes are encoded as Node does it, and read back', (length) => {
  const bytes = every.subarray(0, length);
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
  expect(fromBase64(toBase64(bytes))).toEqual(Uint8Array.from(bytes));
  expect(fromBase64(toBase64Url(bytes))).toEqual(Uint8Array.from(bytes));
});

it('text that is not base64 is an error', () => {
  expect(() => fromBase64('a*b')).toThrow('Invalid character');
});
