import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { watchBusyness } from '../../../downloader/upload/busy.ts';

test('a process is busy while it works, and not while it waits', async () => {
  const isBusy = watchBusyness();
  const until = performance.now() + 50;
  while (performance.now() < until);
  // A turn of the loop counts when it is over.
  await delay(1);
  expect(isBusy()).toBe(true);
  await delay(100);
  expect(isBusy()).toBe(false);
});
