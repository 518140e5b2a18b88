/** CRC-32 as S3 writes it, of streams and of objects put together from parts. */
import { crc32 } from 'node:zlib';

/** The polynomial of CRC-32 (IEEE 802.3), bits reversed as zlib has them. */
const POLYNOMIAL = 0xed_b8_83_20;

/** CRC-32 going on from `value` (0 at the start). */
export function updateCrc32(value: number, chunk: Uint8Array): number {
  return crc32(chunk, value);
}

/** Base64 of the four bytes, most significant first. */
export function encodeCrc32(value: number): string {
  return btoa(String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255));
}

/** The number that `encodeCrc32` wrote; null for anything else. */
export function decodeCrc32(text: string): number | null {
  if (!/^[A-Za-z0-9+/]{6}==$/.test(text)) return null;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new DataView(bytes.buffer).getUint32(0);
}

/**
 * CRC-32 of parts one after the other, from the CRC-32 of each: all have `partSizeBytes` but the last, which has
 * `lastSizeBytes`. A part shifts what came before it by its length, which is a product modulo the polynomial.
 */
export function combineCrc32(crcs: number[], partSizeBytes: number, lastSizeBytes: number): number {
  const shift = powerOfX(8 * partSizeBytes);
  const lastShift = powerOfX(8 * lastSizeBytes);
  return crcs.reduce((sum, crc, index) => {
    const by = index === crcs.length - 1 ? lastShift : shift;
    return (multiply(by, sum) ^ crc) >>> 0;
  }, 0);
}

/** x^exponent modulo the polynomial, by squaring. */
function powerOfX(exponent: number): number {
  // Bit 31 is x^0 in this order of bits.
  let result = 0x80_00_00_00;
  let square = 0x40_00_00_00;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(square, result);
    square = multiply(square, square);
  }
  return result;
}

function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 0x80_00_00_00; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return product >>> 0;
}
