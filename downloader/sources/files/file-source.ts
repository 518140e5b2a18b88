/** A file of the job's private folder as a source. */
import { open } from 'node:fs/promises';
import { JobFailure } from '../../job-failure.ts';
import type { ByteSource } from '../../content.ts';

/** One read, in bytes: larger ones gain nothing (the page cache is copied once either way). */
const READ_BYTES = 512 * 1024;

/** Reads a file of known size. Throws `source_changed` when the file is shorter. */
export function fileSource(path: string, sizeBytes: number): ByteSource {
  return {
    sizeBytes,
    maxLanes: 1,
    async read(start, end, onChunk, signal) {
      const file = await open(path, 'r');
      try {
        const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
        const stop = end ?? sizeBytes;
        for (let position = start; position < stop;) {
          signal.throwIfAborted();
          const { bytesRead } = await file.read(buffer, 0, Math.min(READ_BYTES, stop - position), position);
          if (bytesRead === 0) throw new JobFailure('source_changed', 'the file became shorter');
          position += bytesRead;
          await onChunk(buffer.subarray(0, bytesRead));
        }
      } finally {
        await file.close();
      }
    },
  };
}
