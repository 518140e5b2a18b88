import { randomUUID } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Code } from '../../worker/contract/codes.ts';
import type { Command } from '../../worker/contract/downloader/command.ts';
import { isDiskFull } from '../../downloader/disk-full.ts';
import { JobRegistry } from '../../downloader/jobs/job-registry.ts';
import { mediaTools } from '../support/media-tools.ts';
import { failureOf, fetchPath, useWorld } from './sources/page/world.ts';

/** Every write to this device finds no space. */
const FULL = '/dev/full';
const tools = await mediaTools();
const world = useWorld();

test.runIf(process.platform === 'linux')(
  'the error of a file operation on a full disk is recognized',
  async () => {
    const error: unknown = await writeFile(FULL, 'text').catch((error: unknown) => error);
    expect(isDiskFull(error)).toBe(true);
    expect(isDiskFull(new Error('No space left on device'))).toBe(false);
  },
);

describe.skipIf(process.platform !== 'linux' || !tools.ytdlpDirectory)('yt-dlp', () => {
  test('that finds no space for the media fails with downloader_disk_full', async () => {
    world.site.routes.set('/movie.mp4', (_, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4' }).end(Buffer.alloc(300_000, 1));
    });
    await mkdir(join(world.base, 'job'));
    await symlink(FULL, join(world.base, 'job', 'p0.media.part'));
    expect(await failureOf(fetchPath(world, tools, '/movie.mp4'))).toEqual({ code: 'downloader_disk_full' });
  });
});

describe('a downloader whose disk is full', () => {
  const command = () =>
    ({ jobId: randomUUID(), attempt: 1, limits: { timeoutSeconds: 60, stallSeconds: 60 } }) as Command;

  test.each<[Code, string, boolean, string, number]>([
    ['downloader_disk_full', 'still full', false, 'full', 0],
    ['downloader_disk_full', 'free again', true, 'accepted', 2],
    ['source_unavailable', 'full', false, 'accepted', 2],
  ])('after %s on a disk that is %s', async (code, _, hasRoom, acceptance, capacity) => {
    const registry = new JobRegistry({
      capacity: 2,
      run: async () => ({ code }),
      hasDiskRoom: async () => hasRoom,
      onAccepted: () => undefined,
    });
    expect(registry.accept(command())).toBe('accepted');
    await vi.waitFor(() => expect(registry.list()).toEqual([]));
    expect(registry.capacity).toBe(capacity);
    expect(registry.accept(command())).toBe(acceptance);
  });

  test('takes jobs again after a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const registry = new JobRegistry({
        capacity: 1,
        run: async () => ({ code: 'downloader_disk_full' }),
        hasDiskRoom: async () => false,
        onAccepted: () => undefined,
      });
      registry.accept(command());
      await vi.waitFor(() => expect(registry.capacity).toBe(0));
      const room = registry.untilRoom();
      await vi.advanceTimersByTimeAsync(60_000);
      await room;
      expect(registry.accept(command())).toBe('accepted');
    } finally {
      vi.useRealTimers();
    }
  });
});
