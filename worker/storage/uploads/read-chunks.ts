/** Bytes that one turn handles. The runtime's own chunks are 4 KiB, whose turns cost more than the bytes. */
const CHUNK_BYTES = 256 * 1024;

/**
 * A byte stream in large chunks, all in one buffer: a chunk is good only until the next is asked for. Throws what the
 * stream fails with; leaving the loop cancels the stream.
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
      // The buffer came back under another name.
      view = new Uint8Array(value.buffer);
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined);
  }
}
