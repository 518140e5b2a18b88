/** IDs of rows. */

/**
 * A UUID v7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits. IDs sort by their time of creation and cannot
 * be guessed. `nowMs` is in Unix milliseconds.
 */
export function uuidV7(nowMs: number): string {
  // A UUID v4 has the same variant, and random bits in the same places.
  return `${idPrefixOf(nowMs)}-7${crypto.randomUUID().slice(15)}`;
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
