import { expect, test } from 'vitest';
import { formatAgo, formatBytes, formatDuration, formatUtc } from '../../../worker/site/components/format.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 KB'],
  [15_728_640, '16 MB'],
  [999_999, '1.0 MB'],
  [1_500_000_000, '1.5 GB'],
  [2 ** 60, '1153 PB'],
])('%i bytes read as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [850, '850 ms'],
  [4_400, '4 s'],
  [59_600, '1 min'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
  [3_840_000, '1 h 4 min'],
  [200_000_000, '2 days 7 h'],
])('%i milliseconds read as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

test.each([
  [0, 'just now'],
  [59_000, 'just now'],
  [60_000, '1 minute ago'],
  [7_200_000, '2 hours ago'],
  [-172_800_000, 'in 2 days'],
])('%i milliseconds before now read as %s', (ms, text) =>
  expect(formatAgo(1_800_000_000_000 - ms, 1_800_000_000_000)).toBe(text),
);

test('a time without a script names its zone', () => {
  expect(formatUtc(Date.UTC(2026, 10, 12, 14, 3))).toBe('12 Nov 2026, 14:03 UTC');
});
