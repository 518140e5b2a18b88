import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDiskGuard } from '../../../../downloader/jobs/disk-guard.ts';
import type { FolderUse } from '../../../../downloader/jobs/folder-quota.ts';
import { JobFailure } from '../../../../downloader/job-failure.ts';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'disk-guard-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const TOO_LARGE = new JobFailure('source_too_large', 'in a test');

/** A folder with one file, and what the guard does to it. */
async function makeFolder(name: string, sizeBytes: number) {
  const path = join(base, name);
  await mkdir(path);
  await writeFile(join(path, 'file'), Buffer.alloc(sizeBytes));
  const uses: FolderUse[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<JobFailure>();
  const judge = (use: FolderUse): JobFailure | null => {
    uses.push(use);
    return null;
  };
  return { path, uses, ended, judge, end: resolve };
}

describe('a watched folder', () => {
  test('is measured with everything below it, without what a link names, and ended once', async () => {
    const folder = await makeFolder('one', 100_000);
    await mkdir(join(folder.path, 'a', 'b'), { recursive: true });
    await writeFile(join(folder.path, 'a', 'b', 'file'), Buffer.alloc(200_000));
    await symlink('/', join(folder.path, 'link'));
    const uses: FolderUse[] = [];
    const judge = (use: FolderUse) => {
      uses.push(use);
      return use.bytes > 300_000 ? TOO_LARGE : null;
    };
    const guard = createDiskGuard(base, 0);
    const unwatch = guard.watch({ ...folder, judge });
    expect(await folder.ended).toBe(TOO_LARGE);
    const other = await makeFolder('two', 1);
    const unwatchOther = guard.watch(other);
    await expect.poll(() => other.uses.length, { timeout: 10_000 }).toBeGreaterThan(1);
    unwatchOther();
    unwatch();
    expect(uses).toEqual([{ files: 5, bytes: expect.any(Number) }]);
    expect(uses[0]?.bytes).toBeLessThan(400_000);
  });

  test('that cannot be measured ends its attempt', async () => {
    const folder = await makeFolder('one', 1);
    const unwatch = createDiskGuard(base, 0).watch({ ...folder, path: join(folder.path, 'file') });
    expect((await folder.ended).failure).toEqual({
      code: 'source_too_large',
      detail: 'the size of its files cannot be measured',
    });
    unwatch();
  });

  test('that is already removed ends nothing', async () => {
    const folder = await makeFolder('one', 1);
    await rm(folder.path, { recursive: true });
    const unwatch = createDiskGuard(base, 0).watch(folder);
    await expect.poll(() => folder.uses, { timeout: 10_000 }).toContainEqual({ files: 0, bytes: 0 });
    unwatch();
  });
});

describe('when less than the reserve of the disk is free', () => {
  test('the largest folder ends, and the next one only if that was not enough', async () => {
    // The removal may take as long as the test.
    const guard = createDiskGuard(base, Infinity, Infinity);
    expect(await guard.hasRoom()).toBe(false);
    const small = await makeFolder('small', 1000);
    const large = await makeFolder('large', 3_000_000);
    const ended: string[] = [];
    void small.ended.then(() => ended.push('small'));
    void large.ended.then(() => ended.push('large'));
    const unwatchSmall = guard.watch(small);
    const unwatchLarge = guard.watch(large);
    expect((await large.ended).failure.code).toBe('downloader_disk_full');
    const seen = small.uses.length;
    await expect.poll(() => small.uses.length, { timeout: 10_000 }).toBeGreaterThan(seen + 1);
    expect(ended).toEqual(['large']);
    unwatchLarge();
    expect((await small.ended).failure.code).toBe('downloader_disk_full');
    unwatchSmall();
  });

  test('the next one ends also while the largest folder cannot be removed', async () => {
    const guard = createDiskGuard(base, Infinity, 500);
    const small = await makeFolder('small', 1000);
    const large = await makeFolder('large', 3_000_000);
    const unwatchSmall = guard.watch(small);
    const unwatchLarge = guard.watch(large);
    await large.ended;
    expect((await small.ended).failure.code).toBe('downloader_disk_full');
    unwatchLarge();
    unwatchSmall();
  });

  test('no folder ends while there is room', async () => {
    const guard = createDiskGuard(base, 1);
    expect(await guard.hasRoom()).toBe(true);
  });
});
