/** The memory into which connections read. It is used again and again, since freed memory outside of the heap is collected late. */

/** Bytes of one slab: two reads of libuv. It stays in the processor's cache. */
const SLAB_BYTES = 128 * 1024;
/** Slabs of closed connections that are kept for new ones. */
const MAX_IDLE_SLABS = 16;

const idle: Buffer[] = [];

export function takeSlab(): Buffer {
  return idle.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
}

/** Takes back a slab that nobody reads any more. */
export function giveSlab(slab: Buffer): void {
  if (idle.length < MAX_IDLE_SLABS) idle.push(slab);
}
