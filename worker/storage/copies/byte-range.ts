/** The Range header of RFC 9110, for one range of bytes. Pure. */

export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * The range asked for in an object of `sizeBytes` > 0; null when the whole object is meant (no header, another unit, no
 * range at all), `unsatisfiable` when it lies outside, is reversed, or is more than one: several are never served.
 */
export function parseByteRange(header: string | null, sizeBytes: number): ByteRange | 'unsatisfiable' | null {
  const [, set] = /^\s*bytes\s*=(.*)$/i.exec(header ?? '') ?? [];
  if (set === undefined) return null;
  if (set.includes(',')) return 'unsatisfiable';
  const [, first = '', last = ''] = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(set) ?? [];
  if (first === '' && last === '') return null;
  // `-500` are the last 500 bytes.
  const offset = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  return offset <= end ? { offset, length: end - offset + 1 } : 'unsatisfiable';
}
