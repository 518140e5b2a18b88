/** What uploads read: bytes by position, in order, pushed by the source. */

/**
 * Takes the next bytes. `chunk` is valid only until the call returns: copy what is kept longer. A promise holds the
 * source back until it settles.
 */
export type OnChunk = (chunk: Uint8Array) => void | Promise<void>;

export interface ByteSource {
  /** Null when only reading to the end tells. */
  readonly sizeBytes: number | null;
  /** How many readers may read different ranges at once; 1 means in order from the start only. */
  readonly maxLanes: number;
  /**
   * Delivers exactly the bytes of [start, end) in order; a null `end` means to the end of the source. Throws JobFailure
   * `source_*`, what `onChunk` throws, or the reason of `signal`.
   */
  read(start: number, end: number | null, onChunk: OnChunk, signal: AbortSignal): Promise<void>;
}

/** Bytes in memory as a source. */
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
