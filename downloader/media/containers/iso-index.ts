/** Reads the segment index of an MP4. Pure. */

export interface SegmentIndex {
  /** Where the last indexed segment ends. */
  end: number;
  /** Where the last two indexed segments start, or the end of the index when it points to other indexes. */
  lastSegmentsStart: number;
  /** The duration of all indexed segments; null when the index does not tell. */
  seconds: number | null;
}

/** Parses a whole `sidx` box (ISO/IEC 14496-12, 8.16.3); null when it is malformed. */
export function readSegmentIndex(box: Uint8Array, boxEnd: number): SegmentIndex | null {
  const view = Buffer.from(box);
  if (view.length < 32) return null;
  const wide = view[8] === 1;
  const at = wide ? 36 : 28;
  if (view.length < at + 4) return null;
  const firstOffset = wide ? Number(view.readBigUInt64BE(28)) : view.readUInt32BE(24);
  const count = view.readUInt16BE(at + 2);
  if (view.length < at + 4 + count * 12) return null;
  let end = boxEnd + firstOffset;
  let lastSegmentsStart = end;
  let flat = true;
  let ticks = 0;
  for (let index = 0; index < count; index += 1) {
    const reference = view.readUInt32BE(at + 4 + index * 12);
    if (reference >= 0x8000_0000) flat = false;
    if (index === count - 2) lastSegmentsStart = end;
    end += reference & 0x7fff_ffff;
    ticks += view.readUInt32BE(at + 8 + index * 12);
  }
  const timescale = view.readUInt32BE(16);
  const seconds = timescale > 0 && ticks > 0 ? ticks / timescale : null;
  return { end, lastSegmentsStart: flat ? lastSegmentsStart : boxEnd, seconds };
}
