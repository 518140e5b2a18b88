import { expect, it } from 'vitest';
import { ytdlpAgeDays } from '../../worker/contract/ytdlp-age.ts';

const NOW = Date.parse('2026-11-27T10:00:00Z');

it.each([
  ['2026.11.27', 0],
  ['2026.11.26', 1],
  ['2026.10.26', 32],
  ['2025.11.27', 365],
  ['2026.9.1.232823.dev0', 87],
  ['2026.11.28', 0],
  ['7.1', null],
  ['2026.1x.1', null],
  [null, null],
])('the age of yt-dlp %s is %s days', (version, days) => {
  expect(ytdlpAgeDays(version, NOW)).toBe(days);
});
