/** The shape of a row of the code table. Imports nothing. */
export interface CodeEntry {
  /** HTTP status when the code is the answer to a request. */
  status: number;
  message: string;
  hint: string;
  /** True when the same request may succeed later without a change. */
  retryable: boolean;
}

/** One row, short enough that the tables read as tables. */
export function code(status: number, retryable: boolean, message: string, hint: string): CodeEntry {
  return { status, message, hint, retryable };
}
