import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import type { Command } from '../../../worker/contract/downloader/command.ts';
import { JobRegistry } from '../../../downloader/jobs/job-registry.ts';

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
