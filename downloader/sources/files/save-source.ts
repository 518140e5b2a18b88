/** Writes a source into a file of the job's folder. */
import { open } from 'node:fs/promises';
import type { ByteSource } from '../../content.ts';
import type { JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';

/** Reads the whole source in order. Throws what it throws, `source_too_large` above `maxBytes`, or `source_empty`. */
export async function saveSource(
  job: JobContext,
  source: ByteSource,
  { path, maxBytes }: { path: string; maxBytes: number },
): Promise<void> {
  const file = await open(path, 'wx');
  const { progress, traffic, signal } = job;
  progress.bytesDone = 0;
  progress.bytesTotal = source.sizeBytes;
  try {
    const write = async (chunk: Uint8Array): Promise<void> => {
      progress.bytesDone += chunk.byteLength;
      traffic.bytesIn += chunk.byteLength;
      if (progress.bytesDone > maxBytes)
        throw new JobFailure('source_too_large', `more than ${maxBytes} bytes`);
      await file.appendFile(chunk);
    };
    await source.read(0, source.sizeBytes, write, signal);
    if (progress.bytesDone === 0) throw new JobFailure('source_empty');
  } finally {
    await file.close();
  }
}
