/** Parses the Range header of RFC 9110 for a single range of bytes. Pure. */

export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * The requested range of an object of `sizeBytes` > 0. Null means the whole object: no header, another unit, or no valid
 * range. `unsatisfiable`: the range is outside the object or reversed, or there are several.
 */
export function parseByteRange(header: string | null, sizeBytes: number): ByteRange | 'unsatisfiable' | null {
  const [, set] = /^\s*bytes\s*=(.*)$/i.exec(header ?? '') ?? [];
  if (set === undefined) return null;
  if (set.includes(',')) return 'unsatisfiable';
  const [, first = '', last = ''] = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(set) ?? [];
  if (first === '' && last === '') return null;
  // `-500` means the last 500 bytes.
  const offset = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  return offset <= end ? { offset, length: end - offset + 1 } : 'unsatisfiable';
}
