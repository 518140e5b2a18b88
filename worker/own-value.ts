/** Reads records whose keys come from requests, such as names of buckets. */

/** The value under a key; undefined also for `constructor` and what else every object inherits. */
export function ownValue<Value>(
  record: Readonly<Record<string, Value>> | undefined,
  key: string,
): Value | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
