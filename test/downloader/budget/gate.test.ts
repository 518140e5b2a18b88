import { expect, test, vi } from 'vitest';
import { createGate } from '../../../downloader/budget/gate.ts';

function waiting() {
  const controller = new AbortController();
  return { controller, signal: controller.signal, touch: vi.fn<() => void>() };
}

/** A task that runs until it is told to end. */
function task() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { run: vi.fn<() => Promise<string>>(() => promise), end: resolve, fail: reject };
}

test('tasks beyond the number wait in order', async () => {
  const gate = createGate(2);
  const tasks = Array.from({ length: 4 }, () => task());
  const done = tasks.map(({ run }) => gate(waiting(), run));
  const started = () => tasks.map(({ run }) => run.mock.calls.length);
  expect(started()).toEqual([1, 1, 0, 0]);
  tasks[1]!.end('second');
  expect(await done[1]).toBe('second');
  await vi.waitFor(() => expect(started()).toEqual([1, 1, 1, 0]));
  tasks[0]!.fail(new Error('broken'));
  await expect(done[0]).rejects.toThrow('broken');
  await vi.waitFor(() => expect(started()).toEqual([1, 1, 1, 1]));
});

test('a job that is aborted while it waits ends at once and takes no place', async () => {
  const gate = createGate(1);
  const [first, second, third] = [task(), task(), task()];
  const running = gate(waiting(), first.run);
  const aborted = waiting();
  const leaving = gate(aborted, second.run);
  const next = gate(waiting(), third.run);
  aborted.controller.abort(new Error('canceled'));
  await expect(leaving).rejects.toThrow('canceled');
  first.end('first');
  await running;
  third.end('third');
  expect(await next).toBe('third');
  expect(second.run).not.toHaveBeenCalled();
  await expect(gate(aborted, second.run)).rejects.toThrow('canceled');
});

test('a wait does not count as a stall', async () => {
  vi.useFakeTimers();
  try {
    const gate = createGate(1);
    const [first, second] = [task(), task()];
    const running = gate(waiting(), first.run);
    const job = waiting();
    const next = gate(job, second.run);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(job.touch).toHaveBeenCalledTimes(10);
    first.end('first');
    second.end('second');
    await Promise.all([running, next]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(job.touch).toHaveBeenCalledTimes(10);
  } finally {
    vi.useRealTimers();
  }
});

test('tasks of different sizes share the limit in order, and one that is too large runs alone', async () => {
  const gate = createGate(64);
  const tasks = [40, 48, 20, 100, 1].map((size) => ({ size, ...task() }));
  const jobs = tasks.map(() => waiting());
  const done = tasks.map(({ run, size }, index) => gate(jobs[index]!, run, size));
  const started = () => tasks.map(({ run }) => run.mock.calls.length);
  // The third one would fit beside the first, but the second came earlier.
  expect(started()).toEqual([1, 0, 0, 0, 0]);
  jobs[1]!.controller.abort(new Error('canceled'));
  await expect(done[1]).rejects.toThrow('canceled');
  await vi.waitFor(() => expect(started()).toEqual([1, 0, 1, 0, 0]));
  for (const { end } of tasks.slice(0, 3)) end('done');
  await vi.waitFor(() => expect(started()).toEqual([1, 0, 1, 1, 0]));
  tasks[3]!.end('alone');
  await vi.waitFor(() => expect(started()).toEqual([1, 0, 1, 1, 1]));
  tasks[4]!.end('last');
  await Promise.all([done[0], done[2], done[3], done[4]]);
});
