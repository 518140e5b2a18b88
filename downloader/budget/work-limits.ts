/** Derives the limits of part buffers, page imports and child processes from the machine. Pure. */
import type { Machine } from './machine.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Node itself with the part buffers of all uploads: a quarter of the memory, within these bounds. */
const OWN_MEMORY = { min: 256 * MIB, max: GIB };
/** The part buffers of all uploads: half of what Node has, and at most one of the largest parts (64 MiB) for each of eight uploads. */
const MAX_PART_MEMORY_BYTES = 512 * MIB;
/**
 * yt-dlp takes 100 MiB for a usual page, and 170 MiB was measured for the scripts of a large site, which run in a process of their
 * own. yt-dlp keeps less than this for itself, so that the downloader and one child stay below 400 MiB.
 */
const CHILD_MEMORY = { min: 224 * MIB, max: 2 * GIB };
/** yt-dlp mostly waits for the network, so one CPU serves several pages. A merge uses one CPU, or the whole disk. */
const PAGES_PER_PROCESSOR = 4;
/** A merge needs its input and its output on the disk at the same time. */
const COPIES_ON_DISK = 2;
/** What all jobs leave free of the disk: a twentieth of it, at most this much. */
const MAX_RESERVE_BYTES = GIB;
/** A page of this size is common. Pages run at once only if this much fits for each of them. */
const USUAL_PAGE_BYTES = GIB;

export interface WorkLimits {
  /** The part buffers of all uploads together. */
  partMemoryBytes: number;
  /** Memory of one yt-dlp or ffmpeg. A job runs one of them at a time. */
  childMemoryBytes: number;
  /** Pages that are read and downloaded at once. */
  pages: number;
  /** Merges at once. */
  merges: number;
  /** Largest media of a page that fits on the disk. */
  maxPageBytes: number;
  /** Bytes of the disk that all jobs together leave free. */
  diskReserveBytes: number;
}

/** The limits of a downloader that runs `jobs` jobs at once. */
export function workLimits({ memoryBytes, processors, diskBytes }: Machine, jobs: number): WorkLimits {
  const ownBytes = clamp(memoryBytes / 4, OWN_MEMORY);
  const forChildren = memoryBytes - ownBytes;
  const childMemoryBytes = Math.floor(clamp(forChildren / jobs, CHILD_MEMORY));
  const byMemory = forChildren / childMemoryBytes;
  const byProcessor = Math.ceil(processors * PAGES_PER_PROCESSOR);
  const diskReserveBytes = Math.floor(Math.min(diskBytes / 20, MAX_RESERVE_BYTES));
  const forPages = diskBytes - diskReserveBytes;
  const byDisk = forPages / (COPIES_ON_DISK * USUAL_PAGE_BYTES);
  const pages = clamp(Math.floor(Math.min(byMemory, byProcessor, byDisk)), { min: 1, max: jobs });
  return {
    partMemoryBytes: Math.floor(Math.min(ownBytes / 2, MAX_PART_MEMORY_BYTES)),
    childMemoryBytes,
    pages,
    merges: clamp(Math.ceil(processors), { min: 1, max: pages }),
    maxPageBytes: Math.floor(forPages / COPIES_ON_DISK),
    diskReserveBytes,
  };
}

function clamp(value: number, { min, max }: { min: number; max: number }): number {
  return Math.min(Math.max(value, min), max);
}
