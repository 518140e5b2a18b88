/** Frees memory outside of the heap of V8 at once. The garbage collector does it late, so buffers of many imports would add up. */

/** Nothing reads or writes the bytes any more. Does nothing for a view of a part of a larger block, such as Node's pool of small buffers. */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
