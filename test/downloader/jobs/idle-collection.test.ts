import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createIdleCollection } from '../../../downloader/jobs/idle-collection.ts';
import { NODE_FLAGS } from '../../../scripts/start/downloader-process.ts';

const MIB = 1024 * 1024;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('memory is collected when nothing has ended for a while, nothing runs, and the process has grown', () => {
  const state = { isIdle: true, bytes: 80 * MIB };
  const collect = vi.fn<() => void>(() => void (state.bytes = 90 * MIB));
  const onEnd = createIdleCollection({
    isIdle: () => state.isIdle,
    collect,
    residentBytes: () => state.bytes,
  });
  onEnd();
  vi.advanceTimersByTime(60_000);
  expect(collect).not.toHaveBeenCalled();

  state.bytes = 150 * MIB;
  onEnd();
  vi.advanceTimersByTime(50_000);
  onEnd();
  vi.advanceTimersByTime(50_000);
  expect(collect).not.toHaveBeenCalled();
  state.isIdle = false;
  vi.advanceTimersByTime(60_000);
  expect(collect).not.toHaveBeenCalled();

  state.isIdle = true;
  onEnd();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledTimes(1);
  // It has not grown since.
  onEnd();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledTimes(1);
});

/** Fills the heap, empties it, and prints the resident MiB before and after a collection. */
const PROGRAM = `
  import { collectAll } from ${JSON.stringify(join(import.meta.dirname, '../../../downloader/jobs/idle-collection.ts'))};
  const resident = () => process.memoryUsage.rss() / ${MIB};
  const objects = Array.from({ length: 600_000 }, (_, index) => ({ index, text: 'text ' + index }));
  objects.length = 0;
  const before = resident();
  collectAll();
  console.log(JSON.stringify([before, resident()]));
`;

test('a collection returns the pages of the heap to the system', () => {
  const args = [...NODE_FLAGS, '--input-type=module', '--eval', PROGRAM];
  const [before = 0, after = 0] = JSON.parse(String(execFileSync(process.execPath, args))) as number[];
  expect(before - after).toBeGreaterThan(20);
});
