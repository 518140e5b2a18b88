/** What a check came to, as a value that tests compare. */
import { JobFailure } from '../../../downloader/job-failure.ts';
import type { StreamCheck } from '../../../downloader/media/stream-check.ts';
import type { Failure } from '../../../worker/contract/failure.ts';
import type { MediaFacts } from '../../../worker/contract/media.ts';

/** The facts, or the failure; an error of any other kind is thrown. */
export async function outcomeOf(checking: Promise<MediaFacts>): Promise<MediaFacts | Failure> {
  try {
    return await checking;
  } catch (error) {
    if (error instanceof JobFailure) return error.failure;
    throw error;
  }
}

/** Pushes in chunks through one buffer that is overwritten after every push, as sources do. */
export async function pushAll(
  check: StreamCheck,
  bytes: Uint8Array,
  chunkBytes: number,
): Promise<MediaFacts> {
  const buffer = new Uint8Array(chunkBytes);
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    const chunk = bytes.subarray(offset, offset + chunkBytes);
    buffer.set(chunk);
    await check.push(buffer.subarray(0, chunk.length));
    buffer.fill(0xa5);
  }
  return check.finish();
}
