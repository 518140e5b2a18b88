/** The body of an error answer. */
import { CODES } from '../contract/codes.ts';
import type { AppError } from '../errors.ts';

/** The error as clients read it. Fields of the error never overwrite members of the envelope. */
export function errorBody(error: AppError, requestId: string): Record<string, unknown> {
  const { hint, retryable } = CODES[error.code];
  const envelope = { success: false, error: error.message, code: error.code, retryable, hint, requestId };
  return { ...envelope, ...error.fields, ...envelope };
}
