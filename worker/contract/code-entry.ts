/** The shape of a row of the code table. Imports nothing. */
export interface CodeEntry {
  /** The HTTP status of an answer with this code. */
  status: number;
  message: string;
  hint: string;
  /** True when the same request may succeed later without changes. */
  retryable: boolean;
}

/** The hint of failures that need no action. */
export const RETRIED = 'The service retries automatically. If the import still fails, start it again later.';
/** The same of an upload. */
export const UPLOADS_RETRIED =
  'Uploads are retried automatically. If an import still fails, start it again later.';

/** The hint once the last attempt has failed. */
export function hintAfterRetries(hint: string): string {
  return hint.replace(RETRIED, 'Start it again later.').replace(UPLOADS_RETRIED, 'Start it again later.');
}

/** Builds one row. The positional arguments keep a row short. */
export function code(status: number, retryable: boolean, message: string, hint: string): CodeEntry {
  return { status, message, hint, retryable };
}
