/** IDs of rows. */
import { toHex } from './contract/encoding/hex.ts';

/**
 * A UUID v7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits. IDs sort by their time of creation and cannot
 * be guessed. `nowMs` is in Unix milliseconds.
 */
export function uuidV7(nowMs: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setUint16(0, Math.floor(nowMs / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, nowMs % 2 ** 32);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * An ID for rows of the database with this number: for the first one, number 0, a UUID v7, and for any other a UUID v8 (RFC 9562) of
 * the same form, which has the number in the 12 bits behind the version. So every ID tells its database. It must be looked up
 * there: an ID with a wrong number is not found.
 */
export function markedId(nowMs: number, database: number): string {
  const id = uuidV7(nowMs);
  return database === 0 ? id : `${id.slice(0, 14)}${markOf(database)}${id.slice(18)}`;
}

/** The third group of the IDs of a database other than the first. */
export function markOf(database: number): string {
  return `8${database.toString(16).padStart(3, '0')}`;
}

/** The number of the database in an ID; 0 for any other text. */
export function databaseOfId(id: string): number {
  return /^.{8}-.{4}-8[0-9a-f]{3}-/.test(id) ? Number.parseInt(id.slice(15, 18), 16) : 0;
}

/** The time in an ID, in Unix milliseconds. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The start of the smallest ID of this time, in Unix milliseconds: IDs of earlier times sort before it. */
export function idPrefixOf(timeMs: number): string {
  const hex = Math.max(0, timeMs).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
