/** Size of a chunk. Chunks of the runtime have 4 KiB, and handling each costs more than reading its bytes. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a byte stream in large chunks. They share one buffer, so a chunk is valid only until the next one is requested.
 * Throws the error of the stream; leaving the loop cancels the stream.
 */
export async function* readChunks(stream: ReadableStream): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader({ mode: 'byob' });
  let view = new Uint8Array(CHUNK_BYTES);
  let isDone = false;
  try {
    while (!isDone) {
      const { value, done } = await reader.readAtLeast(CHUNK_BYTES, view);
      isDone = done;
      if (!value) return;
      if (value.byteLength > 0) yield value;
      // The read has transferred the buffer to a new ArrayBuffer.
      view = new Uint8Array(value.buffer);
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined);
  }
}
