import { CODES } from './contract/codes.ts';
import { failure, type Failure } from './contract/failure.ts';
import type { AppError } from './errors.ts';

/** An AppError as a failure, which a row can store. */
export function toFailure({ code, message }: AppError): Failure {
  return failure(code, message === CODES[code].message ? undefined : message);
}
