/** How much disk space the private folder of one attempt may take. Pure. */
import type { JobLimits } from '../../worker/contract/downloader/command.ts';
import type { JobStage } from '../../worker/contract/job.ts';
import { JobFailure } from '../job-failure.ts';

/** What lies in a folder, with everything below it. */
export interface FolderUse {
  bytes: number;
  files: number;
}

/** Twelve hours in segments of two seconds are 21,600 files, if the first one arrives last. */
export const MAX_FILES = 50_000;
/** Bytes for information files and headers beside the media. */
const EXTRA_BYTES = 64 * 1024 * 1024;
/** A segment is in its own file and in that of the media for a moment; a merge writes the media again. */
const COPIES = 2;
/** Until the media is there, only what the source sends is written. */
const RECEIVING: ReadonlySet<JobStage> = new Set(['resolving', 'downloading']);

/** The attempt as its folder is judged. */
export interface FolderOwner {
  limits: Pick<JobLimits, 'maxBytes'>;
  /** Largest media of a page that fits on the disk with its copy. */
  maxPageBytes: number;
  stage: JobStage;
  /** Bytes that came in from the source. */
  bytesIn: number;
}

/** `source_too_large` for a folder that takes more than its quota, or more than its source can have sent; else null. */
export function judgeFolder({ bytes, files }: FolderUse, owner: FolderOwner): JobFailure | null {
  const { limits, maxPageBytes, stage, bytesIn } = owner;
  const tooLarge = (detail: string) => new JobFailure('source_too_large', detail);
  if (files > MAX_FILES) return tooLarge(`more than ${MAX_FILES} files`);
  if (bytes > COPIES * Math.min(limits.maxBytes, maxPageBytes) + EXTRA_BYTES)
    return tooLarge(`${bytes} bytes on the disk`);
  if (RECEIVING.has(stage) && bytes > COPIES * bytesIn + EXTRA_BYTES)
    return tooLarge(`${bytesIn} bytes unpack to more than ${bytes}`);
  return null;
}
