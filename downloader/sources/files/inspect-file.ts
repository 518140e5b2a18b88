/** Inspects a file of the job's folder: format, completeness and extension. */
import { open, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import type { MediaFacts } from '../../../worker/contract/media.ts';
import type { JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import { checkMedia } from '../../media/check.ts';
import { fileReader } from '../../media/reader.ts';
import type { CheckedFacts } from '../../track-rates.ts';
import { isMedia, sniff, SNIFF_BYTES } from '../../media/sniff.ts';
import type { Tools } from '../../process/tools.ts';

export interface InspectedFile {
  path: string;
  sizeBytes: number;
  extension: string;
  contentType: string;
  /** The demuxer of ffmpeg for it. */
  demuxer: string | null;
  facts: CheckedFacts;
}

/** Throws `not_media` for playlists, pages and the like before anything else reads the file, and as `checkMedia` does. */
export async function inspectFile(job: JobContext, path: string, tools: Tools): Promise<InspectedFile> {
  const file = await openOwn(path);
  try {
    const { size: sizeBytes } = await file.stat();
    if (sizeBytes === 0) throw new JobFailure('source_empty');
    const reader = fileReader(file, sizeBytes);
    const sniffed = await sniff(await reader.read(0, Math.min(SNIFF_BYTES, sizeBytes)));
    if (!isMedia(sniffed)) throw new JobFailure('not_media', sniffed.contentType);
    const { limits } = job.command;
    const { signal, touch, budget } = job;
    const { ffmpeg, confinement } = tools;
    const memory = { memoryBytes: budget.childMemoryBytes, headers: { gate: budget.headerGate, touch } };
    const checkTools = { limits, signal, ffmpeg, confinement, ...memory };
    const facts = await checkMedia(reader, sniffed, checkTools);
    return { path, sizeBytes, facts, demuxer: sniffed.demuxer ?? null, ...nameOf(sniffed, facts) };
  } finally {
    await file.close();
  }
}

/**
 * Only a file itself: never what a link names, and no pipe, which would be waited for forever. A missing file means that
 * nothing was downloaded.
 */
async function openOwn(path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => {
    throw new JobFailure('download_failed', 'no file', { cause: error });
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new JobFailure('download_failed', 'no file');
}

/** Containers of both kinds are called by what is inside. */
function nameOf(
  { extension, contentType }: { extension: string; contentType: string },
  facts: MediaFacts,
): { extension: string; contentType: string } {
  if (facts.videoCodec !== null) return { extension, contentType };
  if (extension === 'mp4') return { extension: 'm4a', contentType: 'audio/mp4' };
  if (extension === 'webm') return { extension, contentType: 'audio/webm' };
  return extension === 'mkv'
    ? { extension: 'mka', contentType: 'audio/x-matroska' }
    : { extension, contentType };
}
