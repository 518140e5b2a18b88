/**
 * CRC-32 in the encoding of S3, and the combination of the CRC-32 of parts into that of the whole, which works without
 * reading the parts in order. Pure.
 */
import { fromBase64, toBase64 } from './base64.ts';

/** The polynomial of CRC-32 in zlib and S3, bits reversed. */
const POLYNOMIAL = 0xedb88320;

/** A 32 × 32 matrix over GF(2); a column is one word. */
type Matrix = Uint32Array;

function times(matrix: Matrix, vector: number): number {
  let sum = 0;
  for (let bit = 0, rest = vector; rest !== 0; bit += 1, rest >>>= 1) {
    if (rest & 1) sum ^= matrix[bit] ?? 0;
  }
  return sum >>> 0;
}

function square(matrix: Matrix): Matrix {
  return matrix.map((column) => times(matrix, column));
}

/** Advances a CRC over one zero bit. */
function zeroBit(): Matrix {
  const matrix = new Uint32Array(32);
  matrix[0] = POLYNOMIAL;
  for (let bit = 1; bit < 32; bit += 1) matrix[bit] = 2 ** (bit - 1);
  return matrix;
}

/** Matrices over 2^k zero bytes, computed when they are first needed. Squaring one gives the next. */
const zeroBytes: Matrix[] = [square(square(square(zeroBit())))];

function zeroBytesMatrix(power: number): Matrix {
  const known = zeroBytes[power];
  if (known) return known;
  const made = square(zeroBytesMatrix(power - 1));
  zeroBytes[power] = made;
  return made;
}

/** CRC-32 of A followed by B from crc32(A), crc32(B) and the length of B in bytes (up to 2^53). */
export function combineCrc32(first: number, second: number, secondBytes: number): number {
  let crc = first >>> 0;
  for (let power = 0, rest = secondBytes; rest > 0; power += 1, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) crc = times(zeroBytesMatrix(power), crc);
  }
  return (crc ^ second) >>> 0;
}

/** Base64 of the four bytes, most significant first: 8 characters. */
export function encodeCrc32(value: number): string {
  return toBase64(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
}

/** The inverse of `encodeCrc32`. Null for any other text. */
export function decodeCrc32(text: string): number | null {
  if (!/^[A-Za-z0-9+/]{6}==$/.test(text)) return null;
  const bytes = fromBase64(text);
  return new DataView(bytes.buffer).getUint32(0);
}
