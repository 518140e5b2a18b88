/** Random reads of a source for the media check. Fetches larger blocks, so that few requests are needed. */
import type { RandomReader } from '../../media/reader.ts';
import type { ByteSource } from '../../content.ts';

/** First block, in bytes: an index and what follows it usually fit. */
const FIRST_BLOCK_BYTES = 128 * 1024;
/** Largest block, in bytes: a walk through a whole file then costs a request every 4 MiB, and no more memory than a part. */
const LARGEST_BLOCK_BYTES = 4 * 1024 * 1024;

/**
 * `head` is what was read already. Blocks double while reads walk forward, and are small again after a jump. Reads
 * throw what the source throws.
 */
export function createRangeReader(source: ByteSource, head: Uint8Array, signal: AbortSignal): RandomReader {
  const sizeBytes = source.sizeBytes ?? 0;
  let block = { start: 0, bytes: new Uint8Array() };
  let blockBytes = FIRST_BLOCK_BYTES;

  const fetch = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    await source.read(
      start,
      end,
      (chunk) => {
        bytes.set(chunk, filled);
        filled += chunk.byteLength;
      },
      signal,
    );
    return bytes;
  };

  return {
    sizeBytes,
    async read(start, end) {
      if (end <= head.byteLength) return head.slice(start, end);
      const blockEnd = block.start + block.bytes.byteLength;
      if (start < block.start || end > blockEnd) {
        const isWalk = start >= block.start && start <= blockEnd + blockBytes;
        blockBytes = isWalk ? Math.min(LARGEST_BLOCK_BYTES, blockBytes * 2) : FIRST_BLOCK_BYTES;
        if (end - start > LARGEST_BLOCK_BYTES) {
          // A copy beside the block would need the memory twice.
          block = { start: end, bytes: new Uint8Array() };
          return fetch(start, end);
        }
        const stop = Math.min(sizeBytes, Math.max(end, start + blockBytes));
        block = { start, bytes: await fetch(start, stop) };
      }
      return block.bytes.slice(start - block.start, end - block.start);
    },
  };
}
