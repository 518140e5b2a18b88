/** Writes one JSON line per event to stdout. Callers pass no secrets, no tokens and no URLs with queries. */

export type LogFields = Record<string, string | number | boolean | null>;
export type Log = (event: string, fields?: LogFields) => void;

/** Writes `{"event": …, …fields}` as one line. */
export const log: Log = (event, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
};
