import { expect, it } from 'vitest';
import { preferredWaitSeconds } from '../../../worker/http/prefer-wait.ts';

it.each([
  [undefined, null],
  ['', null],
  ['wait=10', 10],
  ['respond-async, wait=10', 10],
  ['handling=lenient; foo="a", WAIT = "7"', 7],
  ['wait=60', 60],
  ['wait=3600', 60],
  ['wait=10, wait=20', 10],
  ['wait=0', null],
  ['wait=-1', null],
  ['wait=1.5', null],
  ['wait=ten', null],
  ['wait', null],
  ['await=10', null],
  ['wait=1e9', null],
  [`wait=${'9'.repeat(400)}`, null],
])('the header %j asks for %s seconds', (header, seconds) => {
  expect(preferredWaitSeconds(header)).toBe(seconds);
});
