/** Bytes in memory as a source. */
import type { ByteSource } from '../../content.ts';

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.byteLength,
    maxLanes: 1,
    async read(start, end, onChunk, signal) {
      signal.throwIfAborted();
      await onChunk(bytes.subarray(start, end ?? bytes.byteLength));
    },
  };
}
