import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import type { Command } from '../../../../worker/contract/downloader/command.ts';
import type { Failure } from '../../../../worker/contract/failure.ts';
import { EXTRA_PLACES } from '../../../../worker/contract/downloader/extra-places.ts';
import { JobRegistry, type RunningJob } from '../../../../downloader/jobs/job-registry.ts';

test('an ended attempt is forgotten when no signature of its dispatch can be valid any more', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  try {
    const registry = new JobRegistry({
      capacity: 1,
      run: async () => null,
      hasDiskRoom: async () => true,
      onAccepted: () => undefined,
    });
    const limits = { timeoutSeconds: 60, stallSeconds: 60 };
    const command = { jobId: randomUUID(), attempt: 1, limits } as Command;
    expect(registry.accept(command)).toBe('accepted');
    await vi.waitFor(() => expect(registry.list()).toEqual([]));
    clock.mockReturnValue(599_999);
    expect(registry.accept(command)).toBe('duplicate');
    clock.mockReturnValue(600_000);
    expect(registry.accept(command)).toBe('accepted');
  } finally {
    clock.mockRestore();
  }
});

test('a downloader asks for one job more than its capacity: the first of a workspace that runs nothing there', async () => {
  const limits = { timeoutSeconds: 60, stallSeconds: 60 };
  const ends: (() => void)[] = [];
  const registry = new JobRegistry({
    capacity: 2,
    run: () => new Promise((resolve) => ends.push(() => resolve(null))),
    hasDiskRoom: async () => true,
    onAccepted: () => undefined,
  });
  const accept = () => registry.accept({ jobId: randomUUID(), attempt: 1, limits } as Command);
  for (let place = 0; place < 2 + EXTRA_PLACES; place += 1) {
    await registry.untilRoom();
    expect(accept()).toBe('accepted');
  }
  expect(accept()).toBe('full');
  const room = registry.untilRoom();
  for (const end of ends) end();
  await room;
  expect(accept()).toBe('accepted');
  expect(registry.capacity).toBe(2);
  ends.at(-1)?.();
});

test('a job takes the place of one that ends, in a full downloader', async () => {
  const limits = { timeoutSeconds: 60, stallSeconds: 60 };
  const ends: (() => void)[] = [];
  const registry = new JobRegistry({
    capacity: 1,
    run: () => new Promise((resolve) => ends.push(() => resolve(null))),
    hasDiskRoom: async () => true,
    onAccepted: () => undefined,
  });
  const accept = (ending?: RunningJob) =>
    registry.accept({ jobId: randomUUID(), attempt: 1, limits } as Command, ending);
  while (accept() === 'accepted');
  const [ending] = registry.running();
  expect([accept(ending), accept(ending)]).toEqual(['accepted', 'full']);
  for (const end of ends) end();
});

test('no job takes the place of one that ends while the disk is full', async () => {
  const limits = { timeoutSeconds: 60, stallSeconds: 60 };
  const ends: ((failure: Failure | null) => void)[] = [];
  const registry = new JobRegistry({
    capacity: 2,
    run: () => new Promise((resolve) => ends.push(resolve)),
    hasDiskRoom: async () => false,
    onAccepted: () => undefined,
  });
  const accept = (ending?: RunningJob) =>
    registry.accept({ jobId: randomUUID(), attempt: 1, limits } as Command, ending);
  expect([accept(), accept()]).toEqual(['accepted', 'accepted']);
  const [ending] = registry.running();
  ends[1]?.({ code: 'downloader_disk_full' });
  await vi.waitFor(() => expect(registry.takesMore).toBe(false));
  expect(accept(ending)).toBe('full');
  ends[0]?.(null);
});
