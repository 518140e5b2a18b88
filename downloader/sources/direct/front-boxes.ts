/** Looks at the first boxes of an MP4, to decide how it is read. Pure. */
import { uint32 } from '../../media/containers/iso-boxes.ts';

/** Top-level boxes at the front: `ftyp`, `free`, `moov` and few others. */
const MAX_BOXES = 100;

/** Bytes behind the movie box that the check reads with the header of the next one. */
const BEHIND_BYTES = 16 * 1024;

/**
 * The bytes up to the header of the box behind the movie box, if the movie box starts in `head` and they are at most `maxBytes`; else 0. With them, the
 * check of a usual file needs no request of its own.
 */
export function frontBytes(head: Uint8Array, maxBytes: number): number {
  for (const { type, end } of frontBoxes(head)) {
    if (type === 'moov') return end + BEHIND_BYTES <= maxBytes ? end + BEHIND_BYTES : 0;
  }
  return 0;
}

/** True when the file is fragmented without an index, so that its check must pass all of it. */
export function hasFragmentsOnly(head: Uint8Array): boolean {
  for (const { type } of frontBoxes(head)) {
    if (type === 'sidx') return false;
    if (type === 'moof') return true;
  }
  return false;
}

/** The boxes that start in `head`; none after one of 64-bit size or without an end. */
function* frontBoxes(head: Uint8Array): Generator<{ type: string; end: number }> {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  for (let [start, count] = [0, 0]; start + 8 <= bytes.length && count < MAX_BOXES; count += 1) {
    const sizeBytes = uint32(bytes, start);
    if (sizeBytes < 8) return;
    yield { type: bytes.toString('latin1', start + 4, start + 8), end: start + sizeBytes };
    start += sizeBytes;
  }
}
