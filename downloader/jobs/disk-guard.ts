/**
 * Watches the private folders of all jobs of this process, and ends an attempt before its files take the disk space of the
 * others. It sees what no other limit does: data that a child unpacks, copies, or spreads over many files.
 */
import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { JobFailure } from '../job-failure.ts';
import { MAX_FILES, type FolderUse } from './folder-quota.ts';

/** Milliseconds between two looks. A child that unpacks a file writes about 100 MB in that time. */
const LOOK_EVERY_MS = 250;
/** A look at many files takes time of the event loop: the pause after it is this many times longer. */
const PAUSE_PER_LOOK = 10;
/** Milliseconds that the removal of an ended folder may take. After that, the guard no longer expects it to make room. */
const REMOVAL_MS = 10_000;

export interface WatchedFolder {
  path: string;
  /** Called with each look. The failure of an attempt whose folder takes this much; null while that is allowed. */
  judge: (use: FolderUse) => JobFailure | null;
  /** Ends the attempt. Its folder is then removed. */
  end: (failure: JobFailure) => void;
}

export interface DiskGuard {
  /** Watches a folder until the returned function is called. */
  watch: (folder: WatchedFolder) => () => void;
  /** Whether more than the reserve is free. */
  hasRoom: () => Promise<boolean>;
}

/**
 * `reserveBytes` of the disk stay free: when less is left, the attempt whose folder takes most of it ends. The next one ends when
 * that folder is removed, or `removalMs` later.
 */
export function createDiskGuard(
  workDirectory: string,
  reserveBytes: number,
  removalMs = REMOVAL_MS,
): DiskGuard {
  const folders = new Set<WatchedFolder>();
  /** Folders of attempts that were ended and are not removed yet, with `performance.now()` of their end. */
  const ended = new Map<WatchedFolder, number>();
  let timer: NodeJS.Timeout | null = null;
  const hasRoom = async () => {
    const { bavail, bsize } = await statfs(workDirectory);
    return bavail * bsize >= reserveBytes;
  };
  const end = (folder: WatchedFolder, failure: JobFailure) => {
    // It may have been removed during the look.
    if (!folders.has(folder)) return;
    ended.set(folder, performance.now());
    folder.end(failure);
  };
  const isRemoving = () => [...ended.values()].some((endedAtMs) => performance.now() - endedAtMs < removalMs);
  const look = async () => {
    let largest: { folder: WatchedFolder; bytes: number } | null = null;
    for (const folder of folders) {
      if (ended.has(folder)) continue;
      const use = await measureFolder(folder.path).catch(() => null);
      const failure = use ? folder.judge(use) : unmeasured();
      if (failure) end(folder, failure);
      else if (use && use.bytes > (largest?.bytes ?? -1)) largest = { folder, bytes: use.bytes };
    }
    // The removal of a folder that was ended may give enough space back.
    if (largest && !isRemoving() && !(await hasRoom())) end(largest.folder, diskFull(largest.bytes));
  };
  const lookAgain = (afterMs: number) => {
    timer = setTimeout(() => {
      const startedMs = performance.now();
      void look()
        .catch(() => undefined)
        .finally(() => {
          timer = null;
          const tookMs = performance.now() - startedMs;
          if (folders.size > 0) lookAgain(Math.max(LOOK_EVERY_MS, tookMs * PAUSE_PER_LOOK));
        });
    }, afterMs).unref();
  };
  const watch = (folder: WatchedFolder) => {
    folders.add(folder);
    if (timer === null) lookAgain(LOOK_EVERY_MS);
    return () => {
      folders.delete(folder);
      ended.delete(folder);
    };
  };
  return { watch, hasRoom };
}

function diskFull(bytes: number): JobFailure {
  return new JobFailure('downloader_disk_full', `this import used ${bytes} bytes, more than the others`);
}

/** Only a child that hides its files makes a folder that cannot be read. */
function unmeasured(): JobFailure {
  return new JobFailure('source_too_large', 'the size of its files cannot be measured');
}

/** Counts entries up to one more than are allowed. Files that vanish meanwhile do not count; links are not followed. */
async function measureFolder(path: string): Promise<FolderUse> {
  const use: FolderUse = { bytes: 0, files: 0 };
  const pending = [path];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const entries = await opendir(directory).catch(nullIfGone);
    if (!entries) continue;
    for await (const entry of entries) {
      use.files += 1;
      if (use.files > MAX_FILES) return use;
      const entryPath = join(directory, entry.name);
      if (entry.isDirectory()) pending.push(entryPath);
      const stats = await lstat(entryPath).catch(nullIfGone);
      // A file system may report a size before it has assigned blocks.
      if (stats) use.bytes += Math.max(stats.size, stats.blocks * 512);
    }
  }
  return use;
}

function nullIfGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
