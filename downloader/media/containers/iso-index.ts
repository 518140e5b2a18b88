/** Reads the size and duration that an MP4 declares: the segment index and the movie extends header. Pure. */

export interface SegmentIndex {
  /** Where the last indexed segment ends. */
  end: number;
  /** Where the last two indexed segments start, or the end of the index when it points to other indexes. */
  lastSegmentsStart: number;
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
  for (let index = 0; index < count; index += 1) {
    const reference = view.readUInt32BE(at + 4 + index * 12);
    if (reference >= 0x8000_0000) flat = false;
    if (index === count - 2) lastSegmentsStart = end;
    end += reference & 0x7fff_ffff;
  }
  return { end, lastSegmentsStart: flat ? lastSegmentsStart : boxEnd };
}

/** The duration of all fragments in seconds that `moov/mvex/mehd` states, else null. */
export function promisedDuration(movie: Uint8Array): number | null {
  const header = findChild(movie, 'mvhd');
  const extent = findChild(findChild(movie, 'mvex') ?? new Uint8Array(0), 'mehd');
  if (!header || !extent) return null;
  const head = Buffer.from(header);
  const mehd = Buffer.from(extent);
  const timescaleAt = head[8] === 1 ? 28 : 20;
  if (head.length < timescaleAt + 4 || mehd.length < (mehd[8] === 1 ? 20 : 16)) return null;
  const timescale = head.readUInt32BE(timescaleAt);
  const duration = mehd[8] === 1 ? Number(mehd.readBigUInt64BE(12)) : mehd.readUInt32BE(12);
  return timescale > 0 && duration > 0 ? duration / timescale : null;
}

/** A whole child box of a box with an 8-byte header, header included. */
function findChild(box: Uint8Array, type: string): Uint8Array | null {
  const view = Buffer.from(box.buffer, box.byteOffset, box.byteLength);
  let offset = 8;
  while (offset + 8 <= view.length) {
    const size = view.readUInt32BE(offset);
    if (size < 8) return null;
    if (view.toString('latin1', offset + 4, offset + 8) === type) return view.subarray(offset, offset + size);
    offset += size;
  }
  return null;
}
