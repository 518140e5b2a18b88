import { expect, test } from 'vitest';
import { isShown } from '../../scripts/start/log-filter.ts';

test.each([
  ['a request that went well', { level: 'info', event: 'request.answered', status: 200 }, false],
  ['a request that was refused', { level: 'info', event: 'request.answered', status: 401 }, true],
  ['the end of a job', { level: 'info', event: 'job.ended', jobId: 'j' }, true],
])('%s is shown or not', (_, line, shown) => {
  expect(isShown(JSON.stringify(line))).toBe(shown);
});

test('a line that is not JSON is shown', () => {
  expect(isShown('Error: something')).toBe(true);
});
